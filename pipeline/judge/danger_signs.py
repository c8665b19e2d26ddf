"""Signs of danger that tell only together: what happens, to whom, how bodies fare, and that it is now. For short messages.

Who is in danger writes a line or two, in words that no list of whole cues foresees. A short message alarms where its signs
weigh enough together and nothing in it speaks of an everyday demand, of the past or of a fear.
"""

from typing import Final

import ahocorasick_rs as aho

SHORT_CHARACTERS: Final = 100
ENOUGH: Final = 3

# Of each class the first sign found counts, with the weight of its class.
_WEIGHTS: Final = {"body": 2, "event": 2, "despair": 2, "means": 2, "who": 1, "now": 1}
_SIGNS: Final = {
    "body": """
甩出来 甩出去 卷进去 轧到 轧断 碾到 碾过 白沫 叫不起来 喊不起来 起不来了 血 流血 出血 昏 晕过去 晕倒 没气 没声音 没动静 没反应 不动了 动不了 不会动 嘴歪 口眼歪 脸发黑 脸发紫 脸都紫 脸都青 发紫 说不出话 讲不出话 抽筋 抽搐 翻白眼 口吐 窒息 缺氧 噎着 噎住 呛住 滚下去 滚下来 摔下来 摔下去 掉下去 掉下来 坠下 没浮上来 浮不上来 沉下去 喘不 喘得 中毒 烧伤 烫伤 烫到 咬伤 骨头露 断了气 咽气 不省人事 休克 心梗 脑梗 中风 胸口疼 胸痛 剧痛 疼得打滚 痛得打滚 站不起来 爬不起来 呼吸困难 呼吸不 没呼吸 没脉搏 没心跳 快不行 不行了 要生了 羊水 难产 脱水 瘫在 冻僵 中暑 过敏 肿得 失去知觉 意识不清 神志不清 胡话
""",
    "event": """
炸药 炸弹 爆炸物 雷管 连撞 追尾 撞成 塌下来 塌下去 砸下来 砸中 口子越 越冲越大 往镇上来 往村里灌 往屋里灌 水来了 涨上来 找不着了 走散 打错药 失火 引燃 燃起来 冒烟了 电梯坠 急坠 失控 冲下来 滚下山 脱轨 沉船 翻船 炸开 炸了 爆炸 爆了 正在烧 烧着 烧起来 着火 着了火 起火 火苗 火光 浓烟 黑烟 在漏 泄漏 漏气 漏油 喷出 喷得 侧翻 翻车 翻到 翻进 翻下 撞上 撞飞 相撞 塌了 倒塌 垮了 漫过 漫堤 漫进 决堤 溃坝 淹到 淹进 洪水 山洪 泥石流 滑坡 冲走 埋住 压住 压在 困在 被困 卡在 夹住 夹在 堵在屋 堵在家 锁在 反锁 关在 绑在 持刀 手里有刀 拿着刀 拿刀 拿斧 举着刀 追着 追学生 追人 砍 捅 围殴 打起来 打人 打我 踹门 砸门 撬门 闯进 抢劫 劫持 绑架 拐走 抱走 半空 悬在 吊在 挂在半 报警器一直 警报一直 绳断 绳子断 吊篮绳 高压线 触电 电倒 电到 落水 掉水 掉河 溺水 坠楼 坠井 走丢 走失 失踪 没回来 失联 毒蛇 毒气 下毒 投毒
""",
    "despair": """
不想过了 不想活 活够 活腻 活不下去 不用劝 别劝我 不用找我 别找我 永别 再见了 来世 下辈子 解脱 遗书 留了封信 留下一封信 留了一封信 留了字条 留下字条 告别 对不起大家 对不起爸妈 对不起孩子 照顾好孩子 没有意义 没意义 熬不下去 撑不下去 坚持不下去 不如死 想死 去死 轻生 寻短 自杀 了断 了结 没有留恋 没什么留恋 先走了 走了绝
""",
    "means": """
煤气 天然气阀 农药 安眠药 百草枯 割腕 手腕 绳子 上吊 跳楼 跳河 跳江 跳桥 楼顶 天台 桥上 江边 河边 铁轨 窗台 刀片 烧炭 炭 吞药 一瓶药 从楼上 从桥上 从阳台 人不见 联系不上 关机 不接电话
""",
    "who": """
小朋友 镇上 村里 村子 外甥 侄子 侄女 舅 叔 姑 姨 爷爷 伤者 病人 旅客 游客 顾客 客人 保安 老师 孩子 小孩 娃 宝宝 婴儿 学生 老人 爷爷 奶奶 外公 外婆 老伴 父亲 母亲 我爸 我妈 爸 妈 儿子 女儿 丈夫 妻子 老公 老婆 孕妇 工人 工友 司机 乘客 邻居 有人 个人 几百人 村民 住户 姐 妹 哥 弟 姑娘 男的 女的 我被 我在 我们被 我一个人 同学 同事 人都
""",
    "now": """
还在里头 还在里面 半个小时 一个小时 两个小时 半小时 越来越大 拔不出来 出不来 正在 还在 现在 刚刚 刚才 突然 今早 今晚 快来 快点来 快派 赶快派 快救 救 一直响 都在跑 往外跑 没撤 在哭 哭着 在喊 惨叫 没人会 叫不到 叫救护 救护车 怎么办 急 危险了 越来越 马上 分钟 眼看 不敢动 不敢出 等不及 来不及 追学生 在漏 正烧 打开了 手里有 说不想 没浮 半空 堵在
""",
}
_TAKEN_BACK: Final = """
退了 等着修 谣言 谣传 造谣 辟谣 澄清 建议 投诉 反映 赔 报销 评残 医保 退货 退款 退钱 找谁 老化 态度 去年 前年 上个月 上月 上周 前几天 前段时间 昨天已 以前 曾经 怕 担心 害怕 万一 容易 每天 天天 经常 常年 多次 每次 误响 误报 补贴 加固 加装 维修 修复 更换 换新 咨询 请问 多少钱 规定 政策 合理 举报 希望增 能不能加 能否 隐患 风险 预防 宣传 演练 如果 一旦 调查 核实 追究 责任 物业不 城管 后来 事后 当时 已经好 已处理 已扑灭 抢修好 没事 安全 没人伤 没伤 没有伤 没有人受伤 没人受伤 没有受伤 无人受伤 脱险 差点 险些 感谢 表扬 广告 噪音 噪声 扰民 吵 占道 停车 油烟 烧烤 广场舞 臭 异味 气味 味道大 垃圾 拆迁 征地 工资 收费 涨价 发票 合同 班次 电影 游戏 小说 学费 学位 成绩 办证 证件 证明 手机掉 钱包 钥匙 宠物 狗 猫 鸽子 气得 累得 笑得 热得 快递 护栏 路灯 红绿灯 减速带 井盖 健身 绿化 树枝 扶手 救助金 低保 救济 救命钱 慰问 讲座 培训 报名 价格 质量差
"""

_DENIALS: Final = ("没", "没有", "未", "不", "不是", "无", "别", "非", "没得", "不会", "不要")
_CLASS_OF = {word: name for name, words in _SIGNS.items() for word in words.split()}
_CLASS_OF.update(dict.fromkeys(_TAKEN_BACK.split(), ""))
_WORDS = list(_CLASS_OF)
_FINDER = aho.AhoCorasick(_WORDS, matchkind=aho.MatchKind.Standard)

Sign = tuple[int, int, str]
"""Start, end, class."""


def signs_of(told: str) -> tuple[Sign, ...]:
    """The signs of a short message that weigh enough together; none where they do not, or something takes them back."""
    if len(told) > SHORT_CHARACTERS:
        return ()
    first: dict[str, Sign] = {}
    for which, start, end in _FINDER.find_matches_as_indexes(told, overlapping=True):
        name = _CLASS_OF[_WORDS[which]]
        if not name:
            return ()
        if not told[max(0, start - 2) : start].endswith(_DENIALS):
            first.setdefault(name, (start, end, name))
    happens = first.keys() & {"body", "event"}
    despairs = {"despair", "means"} <= first.keys()
    if not happens and not despairs:
        return ()
    weight = sum(_WEIGHTS[name] for name in first if despairs or name not in {"despair", "means"})
    if weight < ENOUGH or ("who" not in first and not despairs):
        return ()
    return tuple(sorted(first.values()))


def is_self_harm(signs: tuple[Sign, ...]) -> bool:
    """Do the signs speak of somebody who means to die?"""
    return {"despair", "means"} <= {name for _, _, name in signs}
