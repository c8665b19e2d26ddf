"""Which groups of matters belong to a department, for mail that comes to a department's own mailbox."""

# Part of the department's name, then its groups (see ``groups``).
_OWN = {
    "教育": "schools", "教体": "schools", "卫生": "health", "卫健": "health", "医保": "insurance health",
    "人社": "pay insurance benefits", "人力资源": "pay insurance benefits", "社保": "insurance benefits", "劳动": "pay",
    "交通": "buses roads", "公安": "order papers noise parking", "交警": "parking lamps roads", "城管": "stalls noise waste building parking lamps smoke green pets parks",
    "城市管理": "stalls noise waste building parking lamps smoke green pets parks", "综合执法": "stalls noise waste building smoke", "住建": "housing keepers lifts building roads drains heat gas lamps",
    "房管": "housing keepers lifts", "房产": "housing keepers lifts", "建设": "roads drains housing lamps heat gas building", "水务": "water drains",
    "水利": "water drains", "生态环境": "smoke drains noise", "环保": "smoke drains noise", "市场监管": "trade lifts", "工商": "trade", "民政": "benefits family",
    "自然资源": "housing building plans", "国土": "housing building plans", "规划": "building plans housing", "园林": "green parks", "林业": "green", "文旅": "plans order", "文化": "plans",
    "旅游": "plans", "农业": "benefits plans", "财政": "benefits", "发改": "plans", "税务": "trade", "退役军人": "benefits soldiers", "公积金": "insurance", "信访": "", "消防": "parking",
    "行政审批": "papers manners", "政务": "papers manners", "供电": "power", "燃气": "gas", "热力": "heat", "公交": "buses", "邮政": "post", "司法": "", "体育": "parks", "审计": "", "统计": "",
}  # fmt: skip


def groups_of(department: str) -> frozenset[str] | None:
    """The groups of matters that are *department*'s; None where nobody knows."""
    for part, groups in _OWN.items():
        if part in department:
            return frozenset(groups.split())
    return None
