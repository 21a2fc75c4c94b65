"""The README.md of a scorecards dump, in both languages: what each file holds, the formula, how to check it, and the licence."""

from datetime import date

_TEXT = """# 服务评分卡数据 · Scorecards, {first} – {last}

## 中文
本文件包是“五社”一个已结束评价期的全部公开数据。仅凭它就能重新计算每一个公布的数字：

    marketplace verify scorecards <本文件夹或 zip>

**公式（第 {formula} 版）**：评分 =（m·C + Σ w·r）÷（m + Σ w），w = 0.5^（天数 ÷ 半衰期），C 为该类服务两年内、计入已公布评分的评价的全市均值。常数见 `model.json`。
权重以百万分之一、评价以六十分之一为单位的整数计算，所以谁来算、按什么顺序算，结果都一样。

| 文件 | 内容 |
|---|---|
| `model.json` | 公式与统计口径的版本、评价期、当期规则、截止日 |
| `ratings.csv` | 计入评分的每一条评价：服务方、服务类型、评价人序号（只在本行所属服务方与类型内有意义）、日期、五个维度、均值（六十分之一）、是否愿意继续、是否代录、是否计入 C |
| `cells.csv` | 每个服务方与服务类型：凭证数、已评数、暂缓数、隐藏文字数、评价人数、是否公布 |
| `city.csv` | 每类服务的 C：评价数、总和、平方和、均值（万分之一） |
| `scorecards.csv` | 已公布的评分与区间（万分之一）、加权和、分布、各维度 |
| `facts.csv` | 履约事实，由下列各表相加而得 |
| `contracts.csv` `milestones.csv` `reports.csv` `changes.csv` `objections.csv` `deliveries.csv` `volunteering.csv` | 合同、里程碑、验收、变更、成立的质疑与投诉、按月的服务交付、按月的志愿服务分钟数 |

评价人数不足、尚未公布评分的服务方，其评价既不列出，也不计入 C。没有服务方的行，是计算 C 时其评分卡已公布、后因对暂缓评价的决定而不再公布的。文件中没有姓名、电话或编号可以指向评价人。
以 `'` 开头的单元格是为防止电子表格把文字当作公式执行。

## English
All public data of one closed rating period of Wushe. Every published number can be worked out again from it alone:

    marketplace verify scorecards <this folder or zip>

**Formula, version {formula}**: score = (m·C + Σ w·r) / (m + Σ w), w = 0.5^(days / half-life), C is the citywide mean of that kind of service over two years, of ratings that make part of published scores.
The constants are in `model.json`. Weights are whole millionths and ratings whole sixtieths, so that whoever adds, in whatever order, gets the same.

| file | what it holds |
|---|---|
| `model.json` | versions of the formula and of the rules of counting, period, the rules that the period began with, the day it is as of |
| `ratings.csv` | every rating that counts: provider, kind of service, a rater's number (it means something only within that provider and kind), day, five dimensions, their mean in sixtieths, should it continue, was somebody helped to rate, does it make part of C |
| `cells.csv` | each provider and kind of service: tickets, answered, held, hidden words, raters, whether it is published |
| `city.csv` | C of each kind of service: ratings, sum, sum of squares, mean in ten-thousandths |
| `scorecards.csv` | published scores and intervals in ten-thousandths, weighted sums, distribution, dimensions |
| `facts.csv` | delivery facts: what the tables below add up to |
| `contracts.csv` `milestones.csv` `reports.csv` `changes.csv` `objections.csv` `deliveries.csv` `volunteering.csv` | contracts, milestones, acceptances, changes, upheld objections and complaints, deliveries by month, volunteers' minutes by month |

Where too few people rated for a score to be published, their ratings are neither here nor part of C. A row without a provider made part of C while its
scorecard was published, which a decision about held ratings ended since. No name, phone or id leads to whoever rated. A cell that begins with `'` keeps spreadsheets from running text as a formula.

Licence · 许可: {license}
`sha256sum -c SHA256SUMS` checks that the files are whole.
"""


def readme(first: date, last: date, formula: int, license: str) -> str:
    """The text for a period."""
    return _TEXT.format(first=first, last=last, formula=formula, license=license or "—")
