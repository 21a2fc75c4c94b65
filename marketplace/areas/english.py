"""English names of areas, made by rule from the Chinese ones; a few places have a name of their own in English."""

import re

from marketplace.areas.codes import Level
from marketplace.areas.pinyin import syllables

_OWN_NAMES = {
    "上海市": "Shanghai",
    "浦东新区": "Pudong New Area",
    "外滩街道": "The Bund Subdistrict",
    "北外滩街道": "North Bund Subdistrict",
    "瑞金二路街道": "Ruijin No. 2 Road Subdistrict",
    "石门二路街道": "Shimen No. 2 Road Subdistrict",
    "川沙新镇": "Chuansha New Town",
    "南汇新城镇": "Nanhui New City Town",
    "漕河泾新兴技术开发区": "Caohejing Hi-Tech Park",
    "莘庄工业区": "Xinzhuang Industrial Park",
    "宝山工业园区": "Baoshan Industrial Park",
    "嘉定工业区": "Jiading Industrial Park",
    "菊园新区": "Juyuan New Area",
    "中国（上海）自由贸易试验区（保税片区）": "China (Shanghai) Pilot Free Trade Zone (Bonded Area)",
    "金桥经济技术开发区": "Jinqiao Economic and Technological Development Zone",
    "张江高科技园区": "Zhangjiang Hi-Tech Park",
    "上海湾区高新技术产业开发区": "Shanghai Bay Area Hi-Tech Industrial Development Zone",
    "松江工业区": "Songjiang Industrial Park",
    "佘山度假区": "Sheshan Resort",
    "上海松江出口加工区": "Shanghai Songjiang Export Processing Zone",
    "海湾旅游区": "Haiwan Tourist Area",
    "上实现代农业园区": "SIIC Modern Agricultural Park",
}
_ENDINGS = (
    ("虚拟生活区", "Community (Virtual)"),
    ("虚拟社区", "Community (Virtual)"),
    ("社区居委会", "Community"),
    ("居委会", "Community"),
    ("村村委会", "Village"),
    ("村委会", "Village"),
    ("镇街道", "Town Subdistrict"),
    ("街道", "Subdistrict"),
    ("农场", "Farm"),
    ("林场", "Forest Farm"),
    ("镇", "Town"),
    ("乡", "Township"),
    ("区", "District"),
    ("社区", "Community"),
)
_BEARINGS = {"东": "East", "西": "West", "南": "South", "北": "North", "中": "Middle"}
_DIGITS = dict(zip("零〇一二三四五六七八九", (0, 0, *range(1, 10)), strict=True))
_ROAD = re.compile(r"^(.{2,}?)([东西南北中])?路")
_LANE = re.compile(r"([零〇一二三四五六七八九十百]+)弄")
_ORDINAL = re.compile(r"第([零〇一二三四五六七八九十]+)")
_NUMBER = re.compile(r"[0-9]+")


def english_name(name: str, level: Level) -> str:
    """江苏路街道 as Jiangsu Road Subdistrict, 华阳居委会 as Huayang Community."""
    if name in _OWN_NAMES:
        return _OWN_NAMES[name]
    for ending, word in _ENDINGS:
        if name.endswith(ending) and len(name) > len(ending):
            return f"{_words(name.removesuffix(ending))} {word}"
    return _words(name) + (" Community" if level == Level.COMMUNITY else "")


def _words(stem: str) -> str:
    parts: list[str] = []
    road = _ROAD.match(stem)
    if road:
        bearing = f" {_BEARINGS[road[2]]}" if road[2] else ""
        parts.append(f"{_spelled(road[1])}{bearing} Road")
        stem = stem[road.end() :]
    for marker, label in ((_LANE, "Lane"), (_ORDINAL, "No.")):
        found = marker.search(stem)
        if found:
            before, after = stem[: found.start()], stem[found.end() :]
            middle = f"{label} {number_of(found[1])}"
            return " ".join(part for part in (*parts, _spelled(before), middle, _spelled(after)) if part)
    return " ".join(part for part in (*parts, _spelled(stem)) if part)


def number_of(text: str) -> int:
    """四七零 and 四百七十 as 470: digits in a row, or counted with ten and hundred."""
    if not set(text) & set("十百"):
        return int("".join(str(_DIGITS[char]) for char in text))
    total, digit = 0, 0
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
        else:
            total += max(digit, 1) * (100 if char == "百" else 10)
            digit = 0
    return total + digit


def _spelled(text: str) -> str:
    spelled = ""
    for syllable in syllables(text):
        # Jing'an, not Jingan: an apostrophe keeps a vowel from joining the syllable before it.
        apart = "'" if spelled and spelled[-1].isalpha() and syllable[0] in "aeo" else ""
        spelled += apart + syllable.replace("v", "ü")
    tidy = (
        spelled.replace("xincun", " Xincun").replace("、", "-").replace("（", " (").replace("）", ")").strip()
    )
    return tidy[:1].upper() + tidy[1:]
