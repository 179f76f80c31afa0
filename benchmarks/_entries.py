"""Questions and answers of a made-up department store, as many as are wanted.

Each entry asks one thing of one article: 40 makes, 60 products and 56 kinds make
134,400 articles, and 24 things are asked of each. Words are shared as in a real FAQ:
one entry in 24 asks the same thing, one in 60 is about the same product, and one in
2,400 about a product of the same make.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

from framework_plugin.retrieval import Passage


def _words(text: str) -> list[str]:
    return text.split()


MAKES = _words("""
云峰 青禾 海棠 知夏 明湖 松竹 雅集 晨光 远山 百川 锦绣 安然 星野 木棉
朝露 南浦 白鹭 听雨 长风 秋水 玉兰 金穗 碧波 红杉 银杏 雪松 紫薇 春江
夏荷 冬青 归燕 望月 流萤 拾光 初见 半山 小满 芒种 惊蛰 谷雨
""")
PRODUCTS = _words("""
电饭煲 豆浆机 空气炸锅 电热水壶 吸尘器 扫地机器人 洗衣机 冰箱 空调扇
加湿器 除湿机 电风扇 微波炉 烤箱 榨汁机 咖啡机 净水器 油烟机 燃气灶
洗碗机 电磁炉 电暖器 挂烫机 熨斗 吹风机 剃须刀 电动牙刷 体重秤 血压计
按摩椅 台灯 吸顶灯 落地灯 插线板 充电宝 蓝牙耳机 智能手表 平板电脑
笔记本 键盘 鼠标 显示器 打印机 路由器 摄像头 投影仪 音响 麦克风 行李箱
双肩包 保温杯 炒锅 砂锅 菜刀 砧板 床垫 枕头 羽绒被 沙发 书桌
""")
KINDS = [
    f"{size}{colour}款"
    for size, colour in product(
        _words("标准 迷你 加大 轻便 旗舰 经典 家用"),
        _words("白色 黑色 灰色 米色 蓝色 粉色 绿色 棕色"),
    )
]
# Three wordings of a question, and below them the answer.
_MATTERS = """
{}多少钱 / {}什么价格 / 买一台{}要花多少
    {}的售价是{n}元，活动期间以页面显示的价格为准。
{}保修多久 / {}的质保期是几年 / {}坏了多长时间内免费修
    {}自签收之日起保修{n}个月，人为损坏不在保修范围内。
{}怎么清洗 / {}脏了如何清理 / 如何给{}做清洁
    {}先断电，再用软布蘸清水擦拭，每{n}天清洁一次即可。
{}几天能到货 / {}下单后多久送到 / {}的配送时间
    {}现货，付款后{n}小时内发出，偏远地区顺延两天。
{}可以退货吗 / {}不喜欢能退吗 / {}支持七天无理由吗
    {}签收后{n}天内未使用且包装完整可以无理由退货。
{}的功率是多少 / {}有多少瓦 / {}费电吗
    {}额定功率{n}瓦，连续使用一小时约耗电{n}毫度。
{}有多重 / {}的重量 / {}拿着沉不沉
    {}净重{n}克，含包装约重{n}克。
{}怎么安装 / {}需要师傅上门装吗 / {}自己会装吗
    {}免费上门安装，请提前{n}小时预约师傅。
{}能开发票吗 / {}的发票怎么开 / 买{}要开票找谁
    {}支持电子发票，确认收货后{n}天内在订单页申请。
{}有货吗 / {}还有库存没有 / {}缺货什么时候补
    {}目前有货，库存约{n}件，售完后两周补货。
{}说明书在哪 / {}怎么用 / {}的使用方法
    {}的说明书可扫机身二维码下载，编号{n}。
{}噪音大吗 / {}声音吵不吵 / {}运行的时候多少分贝
    {}正常工作时噪音低于{n}分贝，适合卧室。
{}有什么配件 / {}里面带哪些东西 / {}的包装清单
    {}含主机一台、配件{n}件和说明书一本。
{}漏水怎么办 / {}底部渗水如何处理 / {}一直滴水
    {}请先检查密封圈是否装好，仍漏水请拨打转{n}。
{}不通电 / {}插上没反应 / {}开不了机怎么处理
    {}请换一个插座再试，指示灯不亮请联系售后，代码{n}。
{}能用多少年 / {}的使用寿命 / {}用久了会坏吗
    {}设计寿命约{n}个月，定期保养可以更久。
{}是哪里生产的 / {}的产地 / {}是国产的吗
    {}由第{n}号工厂生产，产地见包装。
{}有异味 / {}刚买来味道大 / {}怎么去味
    {}首次使用前通风{n}小时，异味会散去。
{}支持分期吗 / {}可以分几期付款 / {}能用信用卡买吗
    {}支持{n}期免息分期，需绑定信用卡。
{}能送人吗 / {}有礼盒装吗 / 送礼买{}合适吗
    {}可加{n}元升级礼盒装，附贺卡一张。
{}的尺寸 / {}长宽高多少 / {}放得下吗
    {}长{n}毫米，摆放时四周各留十厘米。
{}可以换颜色吗 / {}拍错颜色怎么换 / {}换货要多久
    {}未发货可改颜色，已发货的{n}天内可换一次。
{}耗材在哪买 / {}的滤芯多久换 / {}替换件型号
    {}滤芯建议每{n}天更换，型号与机身一致。
{}小孩能用吗 / {}老人使用安全吗 / {}有没有童锁
    {}带童锁，长按{n}秒开启，老人孩子都可放心用。
""".strip().split("\n")
MATTERS = [
    (*asked.split(" / "), answer.strip())
    for asked, answer in zip(_MATTERS[::2], _MATTERS[1::2], strict=True)
]
COUNT = len(MAKES) * len(PRODUCTS) * len(KINDS) * len(MATTERS)


def entries(count: int, seed: int = 1) -> Iterator[Passage]:
    """Entries in an order of their own, all different.

    Args:
        count: How many, up to `COUNT` (3,225,600).
        seed: Of the order and of the figures in the answers.
    """
    chance = random.Random(seed)
    for number in chance.sample(range(COUNT), count):
        yield entry(number, chance)


def entry(number: int, chance: random.Random) -> Passage:
    """The entry of a number below `COUNT`; two or three wordings."""
    rest, matter = divmod(number, len(MATTERS))
    rest, kind = divmod(rest, len(KINDS))
    make, thing = divmod(rest, len(PRODUCTS))
    name = f"{MAKES[make]}{KINDS[kind]}{PRODUCTS[thing]}"
    *questions, answer = (
        text.format(*[name] * text.count("{}"), n=chance.randrange(2, 90))
        for text in MATTERS[matter]
    )
    asked = tuple(questions[: chance.randint(2, 3)])
    return Passage(f"made#{number}", "made", "商品问答", "", answer, asked)


def queries(count: int, found: list[Passage], seed: int = 2) -> list[str]:
    """Questions on some entries in other words: the order turned, a word left out."""
    chance = random.Random(seed)
    return [_asked(passage, chance) for passage in chance.sample(found, count)]


def _asked(passage: Passage, chance: random.Random) -> str:
    question = chance.choice(passage.questions)
    start = ("请问", "我想问下", "", "")[chance.randrange(4)]
    end = ("呀", "呢", "？", "")[chance.randrange(4)]
    cut = chance.randrange(2, 5)
    return f"{start}{question[cut:]}{question[:cut]}{end}"
