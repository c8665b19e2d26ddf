"""Signs of danger that tell only together: what happens, to whom, how bodies fare, and that it is now. For short messages.

Who is in danger writes a line or two, in words that no list of whole cues foresees. A short message alarms where its signs
weigh enough together and nothing in it speaks of an everyday demand, of the past or of a fear.
"""

from typing import Final

import ahocorasick_rs as aho

SHORT_CHARACTERS: Final = 100
ENOUGH: Final = 3

# Of each class the first sign found counts, with the weight of its class.
_WEIGHTS: Final = {
    "body": 2,
    "event": 2,
    "despair": 2,
    "means": 2,
    "who": 1,
    "mild": 1,
    "where": 1,
    "cannot": 1,
    "now": 1,
}
_SIGNS: Final = {
    "mild": """
有烟 起烟 冒烟 烟味 焦味 糊味 火星 翻了 翻船 翻车 倒了 歪了 开始歪 倾斜 晃 在动 在响 往下沉 下沉 断电 断风 漏电 熄火 漏水 渗水 冒水 涨水 水位 锁着 关着 吵着要 不见 没回 没消息 没音讯 没音信 电话打不通 打不通 不接 关机 断了 掉下来 掉落 摔 砸 撞 堵住 拦住 跟着 盯着 骂着 喝醉 发疯 发狂 失控 警报 报警器 怪味 刺鼻 杏仁味 吃了 喝了 咬 蛰 蜇 叮
点燃 冒火 冒白烟 冒蓝光 冒电 打火 火光 有煤气 煤气味 氨味 汽油味 酒精味 药水 剧毒 毒 垮了 垮下 滑了 滑坡 滑下 塌 陷 埋 压着 压在 砸中 砸门 砸铁门 捂着 脸红红 发麻 嘴麻 晕了 晕 麻了 黑了 焦了 烫 流血 出血 伤 疼得 痛得 呕 吐 抽 抖 往上冲 往下冲 冲断 冲过来 隔在对岸 隔在 漂 沉 淹 浪 洪 接走 带走 拖走 拉走 跟踪 躲在 藏在 翻抽屉 撬 踹 勒 掐 捅 砍 刀 棍 枪 打断 绑 关着 锁 扣着 外沿 边沿 边缘 坐在十 站在十 吊 悬 挂着
""",
    "where": """
铁轨上 轨道上 高速上 路中间 马路中间 水库中间 江中间 河中间 湖中间 江中心 悬崖 屋顶上 房顶上 树上 楼顶 窗台 阳台外 深山 山里 雪里 洞里 井里 坑里 冰上
""",
    "body": """
头晕想吐 头晕恶心 又晕又吐 头好晕 站不稳 胸闷得 胸口闷 胳膊麻 手脚麻 半边麻 半边身子 鼻子流血 鼻血止不住 耳朵流血 嗓子烧 嘴里烧 烧嗓子 全身肿 浑身肿 脸肿 喘气像 喘粗气 喘着气 气上不来 上不来气 嘴唇发 手指发黑 眼睛翻 眼睛看不 看不见了 说胡话 打摆子 浑身抖 浑身发抖 全身发抖 冒冷汗 瞳孔 脖子断 腿断 胳膊断 手断 断了腿 断了手 骨折 骨头都 肠子 脑浆 头破 一个洞 扎进 戳进 刺穿 穿过去 绞进 绞住 卷进 卷到 轧断 烧焦 烧得 烫熟 皮都 没了气息 没了心跳 身子凉 身体凉 身上凉 冰凉 躺着不 躺在地 躺地上 躺在路 躺在血 趴在地 趴着不 倒了就 就倒了 倒在浴室 倒在厕所 倒在路 倒在地 里倒了 栽在 栽倒 瘫倒 晕在 昏在 没知觉 没回声 没应声 没有声 不出声 没声 叫不应 喊不应 难产 血崩 出好多血 血哗 血流 血喷 满脸血 都是血 溺 呛水 快没气 没力气了 撑不住 快撑不
甩出来 甩出去 卷进去 轧到 轧断 碾到 碾过 白沫 叫不起来 喊不起来 起不来了 血 流血 出血 昏 晕过去 晕倒 没气 没声音 没动静 没反应 不动了 动不了 不会动 嘴歪 口眼歪 脸发黑 脸发紫 脸都紫 脸都青 发紫 说不出话 讲不出话 抽筋 抽搐 翻白眼 口吐 窒息 缺氧 噎着 噎住 呛住 滚下去 滚下来 摔下来 摔下去 掉下去 掉下来 坠下 没浮上来 浮不上来 沉下去 喘不 喘得 中毒 烧伤 烫伤 烫到 咬伤 骨头露 断了气 咽气 不省人事 休克 心梗 脑梗 中风 胸口疼 胸痛 剧痛 疼得打滚 痛得打滚 站不起来 爬不起来 呼吸困难 呼吸不 没呼吸 没脉搏 没心跳 快不行 不行了 要生了 羊水 难产 脱水 瘫在 冻僵 中暑 过敏 肿得 失去知觉 意识不清 神志不清 胡话
""",
    "event": """
齐腰深 齐胸 浸到 往护栏 抢方向盘 躺着个 有个老头躺 堵住小 倒在水 都倒了 一个接一个倒 全倒了 火苗 在冒烟 开始歪 地面往下 冒泥浆 自燃 烧红 半边天 烧到 烧过来 烧起 烧上 烧透 着起来 引着 爆燃 闪爆 喷火 火球 火海 火墙 火势 滚滚 烟柱 呛烟 烟熏 冒泥浆 冒泥 管涌 溃口 垮塌 塌方 塌陷 沉降 往外跑 快没过 没过车 没过头 没过脖 没过胸 淹没 冲垮 冲倒 山在动 往下滑 滑下来 船翻 艇翻 翻了船 翻在 掉进 跌进 摔进 滑进 栽进 人没了 鞋还漂 漂着 漂在 漂走 电倒 触了电 电着 拿着家伙 抄家伙 提着刀 动刀 亮刀 拔刀 握着刀 拿剪刀 拿锤 拿斧 拿钢管 拿铁棍 抡 打成一团 打群架 打得 打死 打晕 往死里打 掐着 勒着 捆着 绑着 抢方向盘 抢了方向盘 往护栏 往山里开 不按路线 堵住小女孩 堵住女孩 不让走 不让出门 别想出 谁也别想 不明气体 不明液体 喷不明 好多人倒 一个接一个 接二连三 成片倒 杀虫剂 灭鼠 老鼠药 除草剂 敌敌畏 一整瓶 整瓶药 一瓶降压 警报一直 一直报警 报警器一直 报警器响 一直叫 撬窗 撬开 翻我家 翻进来 爬进来 闯进来 破窗 砸窗 砸玻璃 扒窗 扒着 悬在 挂在楼 吊在 绳子断 钢丝绳 绳子响 往教学楼 往人群 冲向人群 冲进人群 撞向 撞人群 领走 带走一 抱走 抢走孩子 卷到轮 轮子底下 车轮底下 车底下 卡在轨道 卡在铁轨 卡进 夹进 被机器 铁疙瘩 哑弹 弹药 爆破筒 关在 被关着 关着不 还没撤 没撤出来
炸药 炸弹 爆炸物 雷管 连撞 追尾 撞成 塌下来 塌下去 砸下来 砸中 口子越 越冲越大 往镇上来 往村里灌 往屋里灌 水来了 涨上来 找不着了 走散 打错药 失火 引燃 燃起来 冒烟了 电梯坠 急坠 失控 冲下来 滚下山 脱轨 沉船 翻船 炸开 炸了 爆炸 爆了 正在烧 烧着 烧起来 着火 着了火 起火 火苗 火光 浓烟 黑烟 在漏 泄漏 漏气 漏油 喷出 喷得 侧翻 翻车 翻到 翻进 翻下 撞上 撞飞 相撞 塌了 倒塌 垮了 漫过 漫堤 漫进 决堤 溃坝 淹到 淹进 洪水 山洪 泥石流 滑坡 冲走 埋住 压住 压在 困在 被困 卡在 夹住 夹在 堵在屋 堵在家 锁在 反锁 关在 绑在 持刀 手里有刀 拿着刀 拿刀 拿斧 举着刀 追着 追学生 追人 砍 捅 围殴 打起来 打人 打我 踹门 砸门 撬门 闯进 抢劫 劫持 绑架 拐走 抱走 半空 悬在 吊在 挂在半 报警器一直 警报一直 绳断 绳子断 吊篮绳 高压线 触电 电倒 电到 落水 掉水 掉河 溺水 坠楼 坠井 走丢 走失 失踪 没回来 失联 毒蛇 毒气 下毒 投毒
""",
    "despair": """
药数好 药片数好 数好了 密码写在 存折放在 下辈子再 来世再 先走一步 别等我 照顾好自己 不想拖累 拖累你们
不要找我 别再找我 不用管我 别管我了 去找外婆 去陪 去见 下辈子见 来生 对不住我 对不住你 对不起你们 对不起妈 转了所有钱 把钱都 密码是 存折在 后事 欠你们的 最后一次 最后一面 走了以后 我走后 没脸活 没脸见 受够了 累了 活着太 活着好
不想过了 不想活 活够 活腻 活不下去 不用劝 别劝我 不用找我 别找我 永别 再见了 来世 下辈子 解脱 遗书 留了封信 留下一封信 留了一封信 留了字条 留下字条 告别 对不起大家 对不起爸妈 对不起孩子 照顾好孩子 没有意义 没意义 熬不下去 撑不下去 坚持不下去 不如死 想死 去死 轻生 寻短 自杀 了断 了结 没有留恋 没什么留恋 先走了 走了绝
""",
    "means": """
安眠药 密码 存折 一百片 够了 桌上 妈 爸 
江堤 大桥 桥边 桥栏 河堤 水边 海边 崖边 阳台 窗边 窗台 天桥 药 刀 煤气 打不通 没人接 定位 去年走的 走的
煤气 天然气阀 农药 安眠药 百草枯 割腕 手腕 绳子 上吊 跳楼 跳河 跳江 跳桥 楼顶 天台 桥上 江边 河边 铁轨 窗台 刀片 烧炭 炭 吞药 一瓶药 从楼上 从桥上 从阳台 人不见 联系不上 关机 不接电话
""",
    "who": """
婆婆 公公 驴友 师傅 外甥 舅舅 弟弟 姐姐 老师 小伙 村里人 全家 
我 民工 室友 邻家 男孩 女孩 大姐 大哥 大爷 大妈 老太 老头 老娘 老爹 媳妇 孙子 孙女 小孙 奶奶 闺蜜 男朋友 女朋友 朋友 房东 租客 放牛 骑车 路人 行人 骑手 外卖员 保姆 护工 病号 产妇 孕 乡亲 全家 一家 一车 几口人 十来个 几十号 几十个 好多人 许多人 大伙 大家 里面还有 里头 里面有 一个人
小朋友 镇上 村里 村子 外甥 侄子 侄女 舅 叔 姑 姨 爷爷 伤者 病人 旅客 游客 顾客 客人 保安 老师 孩子 小孩 娃 宝宝 婴儿 学生 老人 爷爷 奶奶 外公 外婆 老伴 父亲 母亲 我爸 我妈 爸 妈 儿子 女儿 丈夫 妻子 老公 老婆 孕妇 工人 工友 司机 乘客 邻居 有人 个人 几百人 村民 住户 姐 妹 哥 弟 姑娘 男的 女的 我被 我在 我们被 我一个人 同学 同事 人都
""",
    "now": """
还在睡 没带 求你 快点 没下来 还没下 不住 失灵 在里头 里面有 看不见了 没人认识 要进去 旁边全是 底下 要生 还搭在 推不醒 
快没过 快来了 快到了 还没到 没到 刚刚 刚 话没说完 不敢说话 偷偷 小声 求派 求救 派船 派人 派车 救救 快派 一直叫 一直响 一转身 往外跑 快断 快塌 快倒 快掉 快没 快撑 快不 快要 要塌 要断 眼看 没血 送不出 出不去 动不了 走不动 下不来 上不来 逃 消防车 医生 不敢 今天谁 里面还有 还在 还有人
还在里头 还在里面 半个小时 一个小时 两个小时 半小时 越来越大 拔不出来 出不来 正在 还在 现在 刚刚 刚才 突然 今早 今晚 快来 快点来 快派 赶快派 快救 救 一直响 都在跑 往外跑 没撤 在哭 哭着 在喊 惨叫 没人会 叫不到 叫救护 救护车 怎么办 急 危险了 越来越 马上 分钟 眼看 不敢动 不敢出 等不及 来不及 追学生 在漏 正烧 打开了 手里有 说不想 没浮 半空 堵在
""",
}
_TAKEN_BACK: Final = """
补偿 烟囱 公交首站 对症 传播 沉降 距离 毁我 生产 通往 血汗 血友 拖欠 讨薪 恳请 请求 按时 恶意 损坏 修缮 剧组 拍戏 枪战 超生 熏人 拍摄 演出 排练 道具 故事 小区装修 物业费 
年前 个月前 丧葬 抚恤 手环 号码 怎么领 哪里领 退了 等着修 谣言 谣传 造谣 辟谣 澄清 建议 投诉 反映 赔 报销 评残 医保 退货 退款 退钱 找谁 老化 态度 去年 前年 上个月 上月 上周 前几天 前段时间 昨天已 以前 曾经 怕 担心 害怕 万一 容易 每天 天天 经常 常年 多次 每次 误响 误报 补贴 加固 加装 维修 修复 更换 换新 咨询 请问 多少钱 规定 政策 合理 举报 希望增 能不能加 能否 隐患 风险 预防 宣传 演练 如果 一旦 调查 核实 追究 责任 物业不 城管 后来 事后 当时 已经好 已处理 已扑灭 抢修好 没事 安全 没人伤 没伤 没有伤 没有人受伤 没人受伤 没有受伤 无人受伤 脱险 差点 险些 感谢 表扬 广告 噪音 噪声 扰民 吵 占道 停车 油烟 烧烤 广场舞 臭 异味 气味 味道大 垃圾 拆迁 征地 工资 收费 涨价 发票 合同 班次 电影 游戏 小说 学费 学位 成绩 办证 证件 证明 手机掉 钱包 钥匙 宠物 狗 猫 鸽子 气得 累得 笑得 热得 快递 护栏 路灯 红绿灯 减速带 井盖 健身 绿化 树枝 扶手 救助金 低保 救济 救命钱 慰问 讲座 培训 报名 价格 质量差
"""

_DENIALS: Final = ("没", "没有", "未", "不", "不是", "无", "别", "非", "没得", "不会", "不要")
# 推不醒, 停不住, 拔不出: whoever tries, it does not go.
_TRIED: Final = "推喊叫摇拍停拔站说讲出下走动拉止够撑透睁上爬游跑灭关压救抬挪"
_FAILED: Final = "醒 应 住 出 起 了 来 去 动 着 过 灭 开"
_CLASS_OF = {f"{tried}不{failed}": "cannot" for tried in _TRIED for failed in _FAILED.split()}
_CLASS_OF |= {word: name for name, words in _SIGNS.items() for word in words.split()}
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
    happening: list[tuple[int, int]] = []
    for which, start, end in _FINDER.find_matches_as_indexes(told, overlapping=True):
        name = _CLASS_OF[_WORDS[which]]
        if not name:
            return ()
        if not told[max(0, start - 2) : start].endswith(_DENIALS):
            first.setdefault(name, (start, end, name))
            if name in {"body", "event"} and (not happening or start >= happening[-1][1]):
                happening.append((start, end))
    happens = first.keys() & {"body", "event", "mild"}
    despairs = {"despair", "means"} <= first.keys()
    if not happens and not despairs:
        return ()
    weight = sum(_WEIGHTS[name] for name in first if despairs or name not in {"despair", "means"})
    again = len(happening) > 1
    if weight + again < ENOUGH or not (
        "who" in first or despairs or again or {"event", "now"} <= first.keys()
    ):
        return ()
    return tuple(sorted(first.values()))


def is_self_harm(signs: tuple[Sign, ...]) -> bool:
    """Do the signs speak of somebody who means to die?"""
    return {"despair", "means"} <= {name for _, _, name in signs}
