"""What the invented members of the sample organisation write, and what its committees make of it.

Each comment on the open question is used once a year.
"""

from __future__ import annotations

from dataclasses import dataclass

COMMENTS = (
    "主题党日形式可以再丰富一些，多到基层现场去。",
    "学习材料发得早一点，方便提前看。",
    "希望多听听年轻同志的意见。",
    "支部同志互相帮助，氛围很好。",
    "会议时间尽量避开业务高峰。",
    "谈心谈话做得实，有事愿意跟支部讲。",
    "建议把上一年的整改情况向大家通报一次。",
    "离退休党员参加活动不太方便，能不能安排线上。",
    "党务公开栏更新可以再及时些。",
    "志愿服务安排得好，群众有反响。",
    "组织生活会开得认真，批评意见能落到实处。",
    "党费收缴方便，手续清楚。",
    "发展党员的程序，希望每一步都跟大家说清楚。",
    "活动室的投影老是坏，张卫东师傅修过两回还是不行，他的电话13800138000常打不通。",
    "党课请过一线的同志来讲，印象很深，可以多请几次。",
    "业务忙的时候材料要得太急。",
    "书记带头值班，大家看在眼里。",
    "提过的意见希望有个回音，采不采纳都说一声。",
    "新来的同志不太熟悉情况，能不能结个对子。",
    "支部生病住院的同志有人去看望，很暖心。",
    "填的表还是有点多，能合并就合并。",
    "与社区共建的活动很有意义。",
    "学习讨论可以分小组，人少了更愿意开口。",
    "建议把全年计划年初就发给大家。",
    "没有意见。",
    "困难职工的走访希望坚持下去。",
    "个别活动走过场，不如少而精。",
    "今年会议纪律比去年好。",
    "希望组织一次到先进支部的交流。",
    "评先评优的过程公开，大家服气。",
    "外出办事多的同志经常错过学习，补学要有安排。",
    "支委分工明确，找谁办事心里有数。",
)

SORTED = {
    "希望多听听年轻同志的意见。": ("民主参与",),
    "填的表还是有点多，能合并就合并。": ("形式负担",),
    "建议把全年计划年初就发给大家。": ("党务公开",),
    "离退休党员参加活动不太方便，能不能安排线上。": ("时间安排",),
    "提过的意见希望有个回音，采不采纳都说一声。": ("民主参与", "整改落实"),
    "个别活动走过场，不如少而精。": ("形式负担", "组织生活"),
    "外出办事多的同志经常错过学习，补学要有安排。": ("学习培训", "时间安排"),
}
"""Comments whose themes the committee chose otherwise than proposed."""
SAYING_NOTHING = frozenset({"没有意见。"})
STILL_WAITING = frozenset(
    {
        "活动室的投影老是坏，张卫东师傅修过两回还是不行，他的电话13800138000常打不通。",
        "书记带头值班，大家看在眼里。",
        "今年会议纪律比去年好。",
        "希望组织一次到先进支部的交流。",
        "支委分工明确，找谁办事心里有数。",
    }
)
"""Of the last sealed year; of the years before every comment is decided on."""


@dataclass(frozen=True, slots=True)
class SampleSuggestion:
    """What one person wrote into the suggestion channel, and what the committee made of it."""

    text: str
    answer: str = ""
    is_withheld: bool = False
    has_action: bool = False


SUGGESTIONS = (
    SampleSuggestion(
        "意见提了以后最好有个回音，哪怕说明为什么办不了。", "已定十日内答复本人，每季度通报。", has_action=True
    ),
    SampleSuggestion("主题党日能否提前两周告诉大家时间，方便调班。", "从下月起提前两周在联络群公布。"),
    SampleSuggestion("活动室的投影看不清字，建议换一块幕布。", "已报维修，预计下月完成。"),
    SampleSuggestion("希望多请身边的同志讲讲自己的事，比念文件听得进去。"),
    SampleSuggestion("退休老同志不方便到现场，学习材料可以送上门。"),
    SampleSuggestion("建议每季度公布一次党费使用情况。", "已列入改进计划，每季度首月公布。"),
    SampleSuggestion("会议能不能控制在一小时以内。"),
    SampleSuggestion("没有。", is_withheld=True),
    SampleSuggestion("年轻党员想参加志愿服务，可以排个班。"),
    SampleSuggestion("谈心谈话不要集中在年底，平时也多聊聊。"),
    SampleSuggestion("希望食堂留一个角落放学习书刊。"),
    SampleSuggestion("发展党员的进度可以在公开栏写清楚到哪一步了。"),
    SampleSuggestion("建议和社区支部结对，一起过一次组织生活。"),
    SampleSuggestion("学习测验不要只考背诵。"),
)  # fmt: skip
