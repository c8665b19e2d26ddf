"""What letters to a city complain of, ask and want, in the many words people have for it. Data for ``words``; our own writing.

Two letters about one thing rarely use one word for it: 太吵, 噪声, 睡不着 all say noise. Every concept is a line: its name,
and the words that tell it. A concept counts in a letter like a word of its own.
"""

CONCEPTS = """
noise: 噪音 噪声 太吵 吵死 吵闹 吵得 很吵 轰鸣 轰隆 扰民 睡不着 无法入睡 无法休息 影响休息 不能休息 影响睡眠 彻夜 刺耳 分贝 深夜施工 夜间施工 半夜施工
dust: 粉尘 扬尘 灰尘 尘土 烟尘 黄土 灰大 漫天
smell: 臭气 恶臭 臭味 刺鼻味 臭鸡蛋 熏人 偷排 异味 气味 刺鼻 很臭 太臭 臭死 难闻 臭不可闻 废气 排放
fumes: 油烟 烟道 餐饮 烧烤 夜宵 排烟
water_dirt: 污水 脏水 废水 排污 黑臭 水质 发黄 浑浊 化粪池 粪便 下水道
water_off: 停水 断水 没有水 供水不足 没水 无水 水压 自来水 供水 二次供水 通水
power: 停电 断电 跳闸 没电 电压 电费 供电 用电
gas: 天然气 燃气 通气 煤气 管道气
heat: 供暖 暖气 供热 集中供暖
high_voltage: 高压线 高压电 高压 变电站 电建站 电磁 辐射 基站 高压铁塔 地埋
garbage: 垃圾 垃圾站 垃圾场 中转站 垃圾桶 渣土 堆放 清运 脏乱差 卫生差
mixing: 搅拌站 搅拌厂 混凝土 水泥厂 沥青 砂石 采石 砖厂
factory: 化工 工厂 厂区 作坊 加工厂 橡胶 油漆
illegal_build: 违建 违章 违法建筑 违章建筑 私搭 乱搭乱建 加建 搭建 顶层 占道 违规建设 非法建
traffic_jam: 堵车 拥堵 堵得 堵到 堵死 堵塞 堵满 水泄不通 疏导 错峰 接送 交通压力 加宽 拓宽 交通混乱
road: 断头路 修路 路面 坑洼 破损 泥泞 通车 破烂 道路建设 硬化 拓改 拉通 打通
lamp: 路灯 照明 灯光 修灯 没灯 灯坏 黑灯瞎火 亮化
signal: 红绿灯 信号灯 斑马线 人行横道 天桥 过街 掉头 调头 护栏 隔离带 逆行 左转
parking: 停车难 找车位 立体车库 停车位 车位 停车费 停车场 乱停 乱停乱放 违停 抄牌 罚单
bus: 公交站 校车 巴士 公交公司
bus_times: 班次 发车 首末站 末班车 首班车 间隔 加车 晚点 等车
bus_line: 线路 改线 绕行 改道 加站 增设站点 站点
driver: 司机 驾驶员 师傅 拒载 甩客 甩站 绕路
metro: 地铁 轻轨 地铁站 出入口 轨道交通 号线
train: 高铁 火车 城际 机场
taxi: 滴滴 网约车 出租车 黑车 的士 拼车 共享单车 电动车 摩托车
mahjong: 麻将 麻将馆 棋牌 赌博 赌场 聚赌 打牌
ktv: ktv 歌厅 酒吧 唱歌 卡拉ok 广场舞 音响 舞厅 夜总会
dog: 养狗 遛狗 狗叫 流浪狗 犬 恶犬
vendor: 摆摊 摊贩 流动摊 占道经营 夜市 早餐店 烧烤摊 水果摊 地摊 小摊 占满人行道
trees: 大树 树枝 枯树 枯枝 枯死 死树 行道树 修剪 锯掉 老树 倒伏
green: 绿化 绿化带 草坪 树木 绿地 砍树 绿心
park: 公园 游乐 健身 儿童乐园 休闲
deed: 产权证 房产证 不动产证 不动产权证 不动产 办证 分证 国土证 权证 产权 土地使用年限 40年 70年 缩水
delivery: 交房 逾期 延期交房 烂尾 停工 复工 收房 交付
quality: 质量问题 开裂 裂缝 沉降 漏水 渗水 豆腐渣 偷工减料 掉落 脱落 墙体 倾斜
finish: 精装 装修 毛坯 减配 虚假宣传 货不对板 样板房 价格虚高 全装修
house_price: 房价 限价 捂盘 摇号 限购 首付 认筹 开盘 购房资格 茶水费 加价
fund: 公积金 提取 贷转 商转公 缴存
subsidy: 补贴 补助 津贴 高龄补贴 高龄津贴 停发 人才新政 生活补贴 购房补贴 租房补贴
hukou: 落户 户口 迁户 居住证 户籍 入户 迁移
school_zone: 学区 划片 入学 学位 配套学校 就近入学 配套小学 升学 小升初 招生 微机派位 读书难
road_works: 围挡 挖开 工期 完工 竣工 施工进度 封路 修通 迟迟不修 没有人施工
school_fee: 学费 课时费 特色课 特色班 兴趣班 收钱 收费 涨价 退款 补课 补课费 乱收费 资料费 伙食费 培训班 早教
internship: 实习 打工 社会实践 流水线 顶岗 工厂工作
teacher: 教师 老师 编制 职称 教师资格 体罚 师德 代课 教龄
exam: 考试 成绩 中考 高考 公务员 面试 招聘 考编 录取
kindergarten: 幼儿园 普惠 幼儿
hospital: 医院 诊所 医疗机构 爱尔 眼科
medical: 医保 报销 合作医疗 农合 新农合 医药费 大病 药品 异地就医 门诊
pension: 养老保险 养老金 退休金 退休 社保 社保卡 参保 缴费 五险一金 工龄
wages: 工资 运费 拖欠 欠薪 农民工 加班 绩效 血汗钱 辞退 劳动合同 待遇
closed_shop: 关门 失联 人去楼空 退费 锁了
fraud: 诈骗 集资 非法集资 传销 理财 车贷 网贷 p2p 爆雷 退出 受害人 立案 经侦 出借人 跑路 涉嫌 套路贷 投资款 吸收公众存款 追款 被卷 追要 欠款
bank: 银行 贷款 月供 利率 利息 征信 还款 扣款 按揭
consumer: 退货 假货 欺诈 消费者 欺骗 定金 押金 办卡 健身房 售后 虚假 会员
mall: 商铺 门面 返租 商场 销售 经营
land: 征地 征收 土地 承包 流转 田 耕地 宅基地 山林 侵占 侵吞 林地 鱼塘
demolish: 拆迁 拆除 安置 补偿 安置房 回迁 征拆 旧城改造 棚改 棚户区 改造 提质 旧改 城中村
elevator: 电梯 加装电梯 坠梯 困人
property: 物业费 业委会 维修基金 选聘 更换物业 业主大会
guards: 保安 门禁
fire: 消防 消防通道 消防栓 灭火
police: 派出所 打人 殴打 报警 盗窃 被打 监控 民警 不立案
village: 村支书 村干部 村委 村支部 村主任 组长 低保 贫困户 扶贫 五保 危房
disabled: 残疾 残疾人 残疾证 护理补贴
soldier: 退伍 转业 士官 军人 退役 优抚 复员 安置卡
licence: 驾照 驾校 年检 上牌 车管所 行驶证 违章处理 驾驶证 驾培
business: 营业执照 工商 注册 注销 税务 发票 偷税 纳税 住改商 无证经营 无照
net: 网站 宽带 网络 信号 电信 移动 打不开 app 系统 登录
plan: 规划 控规 公示 选址 规划调整 用地性质 容积率 商业配套 优化
invest: 招商 招商引资 外资 巨头 总部 产业 实体
finance_hub: 金融中心 金融业
commerce_hub: 商业中心 购物中心 综合体 消费中心
sport: 体育 场馆 赛事 体育中心 足球
culture: 图书馆 文化馆 博物馆 电影 旅游 文物 考古 遗址 度假
health_hub: 医疗中心 儿童医院 三甲
marriage: 结婚 婚假 产假 准生证 二胎 生育 独生子女 计划生育 离婚
water_work: 水利 水库 水塘 水渠 灌溉 堤 河道 防洪 内涝 积水 排水
farm: 农药 种植 养殖 养猪 养猪场 猪场 油茶 水稻 家禽 屠宰
funeral: 墓地 坟 殡葬 火化 公墓 殡仪
"""

CONCEPT_OF = {
    word: name.strip()
    for name, _, told in (line.partition(":") for line in CONCEPTS.strip().splitlines())
    for word in reversed(told.split())
}
"""Word: concept. A word belongs to one concept."""
