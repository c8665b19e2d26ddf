"""What people type instead of the common word: dialect, slips of the input method, evasions. Data for ``plain``.

A row is: the common word, then what stands for it. Only spellings that mean nothing else are here; where one does, it
stands with the characters around it that make it sure (没人休, not 休).
"""

DIALECT = """
没有 没得 莫得 冇得 冇 木有 没的 无得
孩子 娃儿 娃娃 细伢子 细妹子 细崽 伢子 伢儿 崽崽 小娃 细路仔 幺儿 囡囡 娃子 奶娃
几个孩子 几个娃
个孩子 个娃 个崽
什么 啥子 啥 咩嘢 乜嘢 嘛子 啥个
怎么 咋个 咋子 咋 啷个 怎的 咋整
水沟 沟沟头 沟沟 沟头 阳沟 水凼凼
受不了 遭不住 着不住 顶不住了 扛不住了 顶唔顺 遭不起 吃不消
家里 屋头 屋里头 屋企
父亲 老汉儿 老爹 老豆 俺爹 俺爸
母亲 老娘 俺娘 俺妈 老母亲
妻子 婆娘 堂客 老婆子
我们 俺们 咱们 咱 我哋 阿拉
我 俺
他 佢
不是 唔系 不系
不要 莫要
不 唔
现在 这哈儿 这哈 这会儿
昨天 昨日 昨儿 琴日
今天 今日 今儿 今朝
刚才 刚刚儿 将才 才将
打架 打锤 干仗 打捶
知道 晓得
不行 要不得 不得行
没人 没得人 冇人 没谁
脏乱 邋里邋遢 腌臜
吵闹 闹麻了 闹哄哄
多少 好多钱
卡住了 卡到起 卡起了 卡到了
晚上 夜里头 夜头
坏了 坏求 烂求 坏逑 歇菜了 趴窝 坏掉了 坏啦 坏咯
堵塞 堵逑
欺骗 忽悠 豁人 烧耗
一直 老是
"""

SLIPS = """
没人修 没人休 冇人休 没得人休
维修 维休 唯修 惟修
来修 来休
修好 休好
修一下 休一下
老人 老仁
路灯 陆灯 露灯 路登 路灯灯
井盖 井该 井概 窨井概 井改
垃圾 垃极 拉圾 垃及 拉极
投诉 投拆 投述 投素
物业 务业 物叶
电梯 电剃 电替
小区 小曲 晓区
污水 乌水 污谁
噪音 燥音 噪因 造音
噪声 燥声
反映 反应情况 反应问题
反映一下 反应一下
向你反映 向你反应
向您反映 向您反应
账 帐
安装 按装 安壮
检察院 检查院 监察院
检察官 检查官
判决 判绝 叛决 判觉
仲裁 仲栽 仲才 重裁 仲载
复议 复义
派出所 派除所 派处所
报警 抱警
救命 就命 救名
着火 着伙 著火
自杀 自sha 紫砂自己
跳楼 跳搂 跳喽
天然气 天燃气 天燃汽
煤气 媒气
爆炸 暴炸 炮炸
停车 仃车
工资 公资 工姿
拖欠 托欠
发票 发飘
社保 社报卡
公积金 公基金
补办 补辨
办理 辨理
没有 mei有
举报 举抱
占道 站道 占到经营
消防 消访
堵塞 堵赛
漏水 露水管
电动车 电瓶车 电驴
贪污 贪wu
行贿 行hui
受贿 受hui
必须 必需要
"""


def rows(table: str) -> dict[str, str]:
    """From what is typed to the common word."""
    spelt: dict[str, str] = {}
    for row in table.strip().splitlines():
        common, *others = row.split()
        spelt.update(dict.fromkeys(others, common))
    return spelt
