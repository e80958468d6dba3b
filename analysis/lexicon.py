"""The words that comments are read with. How they are used is `comments` and `names`."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


OF_THE_FIELD = _words(
    """
    三会一课 主题党日 组织生活会 民主生活会 民主评议 述职评议 党务公开 党小组会 支委会 支部大会 谈心谈话
    发展党员 预备党员 入党积极分子 发展对象 流动党员 学习强国 双报到 活动经费 活动室 走过场 形式主义 两张皮
    满意度 回头看 先锋模范
    """
)
"""Terms of branch work that a general dictionary cuts into pieces."""
SAY_NOTHING = _words(
    """
    党支部 党员 党组织 工作 同志 同志们 安排 支部 活动
    一下 一个 一些 一定 一样 一点 一直 一种 一般 一起 一路 上面 下面 不会 不同 不够 不太 不得 不想 不是 不能
    不要 不过 与其 专门 两个 个人 为了 为什么 主要 之前 之后 之间 也是 了解 事情 什么 今后 今年 今天 他们 以上
    以下 以前 以及 以后 以来 任何 但是 你们 使得 例如 依然 便于 保持 偶尔 先后 全部 其中 其他 其实 具体 再次
    几个 几乎 别的 到底 加上 十分 却是 原来 及时 反正 另外 只是 只有 只能 可以 可是 可能 各个 各位 各种 同时
    后来 否则 因为 因此 地方 大家 大部分 太多 如何 如果 始终 完全 对于 将来 尤其 就是 就要 尽管 尽量 已经 希望
    应当 应该 建议 很多 很少 当然 必须 总之 总体 总是 感到 感觉 或者 所以 所有 所谓 才能 按照 据说 整体 整个
    方面 无论 时候 明显 是不是 是否 显得 更加 更多 曾经 最后 最好 最近 有些 有人 有时 有时候 有点 有的 有关 本来
    来说 极其 某些 根本 根据 每个 每年 每次 比如 比较 没什么 没有 没能 特别 现在 甚至 由于 目前 直接 相关 相当
    看到 看看 真正 真的 确实 继续 经常 给予 老是 而且 能否 能够 自己 自身 至于 起来 越来越 足够 还是 还有 还要
    这个 这些 这样 这种 这里 进行 进一步 通过 适当 那个 那些 那么 那样 部分 都是 里面 问题 除了 随着 非常 顺便
    马上 觉得 认为 我们 我觉得 挺好 挺好的 有没有 不好 多些 多点 以外 为主 作为 对此 有所 的话 之类 等等 a an
    and are as at be but by can for from has have i in is it its more my no not of on or our should so than that
    the their there they this to too very was we were will with would you your
    """
)
"""Frequent, but telling nothing of what a comment is about."""
_SINGLE_SURNAMES = _words(
    """
    赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛奚范彭郎鲁韦马苗
    凤方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常于傅皮卞齐康伍余卜顾孟黄穆萧肖尹姚邵湛汪祁毛禹狄
    贝臧戴宋茅庞熊纪舒屈项董梁杜阮蓝闵季贾娄江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万柯昝管卢莫房裘缪
    丁邓郁杭洪包左石崔吉钮龚程嵇邢裴陆荣翁荀惠甄曲封芮储靳汲糜井段巫乌焦隗侯宓郗仲伊宫宁仇栾甘厉戎祖武符
    刘景詹龙叶黎蓟薄白蒲邰鄂赖卓蔺屠蒙池乔胥闻莘翟谭贡姬冉郦雍桑桂濮牛扈燕冀浦尚温庄晏柴瞿阎闫慕茹习艾古
    易廖耿匡文寇欧聂晁敖冷辛阚饶曾沙鞠关蒯查荆游竺付覃涂佟仝邸
    """
)
SURNAMES = frozenset("".join(_SINGLE_SURNAMES))
"""Single ones, after the Hundred Family Names, without those that are mostly other words (和, 向, 党, 祝, 应)."""
COMPOUND_SURNAMES = _words(
    """
    欧阳 上官 司马 诸葛 皇甫 尉迟 公孙 慕容 令狐 宇文 长孙 司徒 轩辕 端木 夏侯
    """
)
TITLES = _words(
    """
    书记 支书 主任 主席 委员 支委 处长 科长 局长 部长 厅长 县长 镇长 乡长 村长 区长 市长 校长 院长 所长 站长
    队长 班长 组长 室长 股长 厂长 行长 社长 会长 秘书长 董事长 总经理 经理 总监 主管 老师 教授 师傅 工程师 医生
    大夫 律师 秘书 干事 会计 出纳 同志 同学 先生 女士 阿姨 大姐 大哥 大爷 叔叔 总 工 哥 姐
    """
)
"""What follows a name: offices, professions, ways to address somebody."""
PUBLIC_FIGURES = _words(
    """
    习近平 毛泽东 邓小平 江泽民 胡锦涛 周恩来 刘少奇 朱德 雷锋 焦裕禄 孔繁森 马克思 黄大年 张桂梅 王进喜
    """
)
"""People whom branches study: naming them tells nothing about anybody present."""
NO_NAMES = _words(
    """
    谢谢 曾任 施工 小康 小于 小费 小路 小段 小方 小白 小毛 小金 小钱 小马 小牛 小包 老路 老万 老安 小万 小井
    小苗 小曲 小房
    """
)
"""Ordinary words that look like a name."""
ACTS = _words(
    """
    说 讲 让 被 把 认为 表示 提出 负责 主持 担任 牵头 总是 经常 从来 从不 要求 答应 承诺 反对 发言 打 骂
    """
)
"""What a person named just before does."""
ACTED_ON = _words(
    """
    叫 名叫 找 请 由 让 被 跟 对 给 把 感谢 表扬 批评 举报 投诉 推荐 联系 选举
    """
)
"""What is done to a person named just after."""
