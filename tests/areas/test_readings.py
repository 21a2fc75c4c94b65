"""How the places of the real city are read, typed and called in English."""

import pytest

from marketplace.areas.codes import Level, level_of
from marketplace.areas.divisions import shipped
from marketplace.areas.english import english_name, number_of
from marketplace.areas.pinyin import reading

# Every name here has a character that has several readings, or that few people outside the city can read.
READINGS = {
    "长宁区": ("changning", "cn"),
    "闵行区": ("minhang", "mh"),
    "徐汇区": ("xuhui", "xh"),
    "浦东新区": ("pudong", "pd"),
    "奉贤区": ("fengxian", "fx"),
    "长桥街道": ("changqiao", "cq"),
    "长风新村街道": ("changfeng", "cf"),
    "长征镇": ("changzheng", "cz"),
    "长寿路街道": ("changshoulu", "csl"),
    "长白新村街道": ("changbai", "cb"),
    "长海路街道": ("changhailu", "chl"),
    "长兴镇": ("changxing", "cx"),
    "大场镇": ("dachang", "dc"),
    "新场镇": ("xinchang", "xc"),
    "五角场街道": ("wujiaochang", "wjc"),
    "朱家角镇": ("zhujiajiao", "zjj"),
    "泗泾镇": ("sijing", "sj"),
    "洞泾镇": ("dongjing", "dj"),
    "罗泾镇": ("luojing", "lj"),
    "漕河泾街道": ("caohejing", "chj"),
    "莘庄镇": ("xinzhuang", "xz"),
    "颛桥镇": ("zhuanqiao", "zq"),
    "浦锦街道": ("pujin", "pj"),
    "庙行镇": ("miaohang", "mh"),
    "杨行镇": ("yanghang", "yh"),
    "徐行镇": ("xuhang", "xh"),
    "高行镇": ("gaohang", "gh"),
    "殷行街道": ("yinhang", "yh"),
    "庄行镇": ("zhuanghang", "zh"),
    "佘山镇": ("sheshan", "ss"),
    "叶榭镇": ("yexie", "yx"),
    "柘林镇": ("zhelin", "zl"),
    "亭林镇": ("tinglin", "tl"),
    "吕巷镇": ("lvxiang", "lx"),
    "廊下镇": ("langxia", "lx"),
    "泖港镇": ("maogang", "mg"),
    "堡镇": ("baozhen", "bz"),
    "唐镇": ("tangzhen", "tz"),
    "重固镇": ("zhonggu", "zg"),
    "朝阳农场": ("chaoyangnongchang", "cync"),
    "曲阳路街道": ("quyanglu", "qyl"),
    "乐山一村居委会": ("leshanyicun", "lsyc"),
    "莘松四村居委会": ("xinsongsicun", "xssc"),
    "银都苑第一居委会": ("yinduyuandiyi", "ydydy"),
    "会稽居委会": ("kuaiji", "kj"),
}


@pytest.mark.parametrize(("name", "expected"), READINGS.items())
def test_names_with_several_readings_are_read_as_people_here_read_them(
    name: str, expected: tuple[str, str]
) -> None:
    typed = reading(name)
    assert (typed.pinyin, typed.initials) == expected


def test_the_list_above_names_real_places() -> None:
    assert set(READINGS) <= {division.name for division in shipped()}


def test_no_district_or_subdistrict_keeps_a_reading_that_the_city_does_not_use() -> None:
    wrong = {"zhangning", "minxing", "zhangqiao", "zhangfeng", "zhangbai", "zhanghai", "miaoxing", "zhaoyang"}
    higher = [item for item in shipped() if item.level in (Level.DISTRICT, Level.SUBDISTRICT)]
    assert len(higher) == 16 + 234
    for item in higher:
        typed = reading(item.name).pinyin
        assert typed.isascii() and typed.isalnum(), item.name
        assert not any(part in typed for part in wrong), item.name
        if "长" in item.name:
            assert "chang" in typed
        if "行" in item.name:
            assert "hang" in typed


def test_every_area_can_be_typed_and_fits_its_columns() -> None:
    for item in shipped():
        typed = reading(item.name)
        assert 1 <= len(typed.initials) <= 32 and 1 <= len(typed.pinyin) <= 160, item.name
        assert 1 <= len(english_name(item.name, item.level)) <= 120, item.name


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("长宁区", "Changning District"),
        ("静安区", "Jing'an District"),
        ("浦东新区", "Pudong New Area"),
        ("江苏路街道", "Jiangsu Road Subdistrict"),
        ("南京东路街道", "Nanjing East Road Subdistrict"),
        ("外滩街道", "The Bund Subdistrict"),
        ("吕巷镇", "Lüxiang Town"),
        ("曹杨新村街道", "Caoyang Xincun Subdistrict"),
        ("江苏居委会", "Jiangsu Community"),
        ("徐厍村村委会", "Xushe Village"),
        ("殷行路四七零弄居委会", "Yinhang Road Lane 470 Community"),
        ("颐华第一社区居委会", "Yihua No. 1 Community"),
    ],
)
def test_english_names_follow_the_chinese_ones(name: str, english: str) -> None:
    code = next(item.code for item in shipped() if item.name == name)
    assert english_name(name, level_of(code)) == english


@pytest.mark.parametrize(
    ("text", "number"),
    [("四七零", 470), ("二百五十", 250), ("十二", 12), ("二十", 20), ("九", 9), ("一百零八", 108)],
)
def test_chinese_numbers_are_read(text: str, number: int) -> None:
    assert number_of(text) == number
