"""Names, places, occupations, pets and dishes, for training and apart for the probe.

Names, places and pets are mostly put together out of characters; those of the probe
come from characters that training never puts into a value of that kind, so that no
value can be met on both sides. Occupations and dishes are two lists.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Composed:
    """Values put together from one part of each list.

    Args:
        parts: The lists, first part first. A part may be empty.
    """

    parts: tuple[tuple[str, ...], ...]

    def draw(self, rng: random.Random) -> str:
        """One value, all equally likely."""
        return "".join(rng.choice(part) for part in self.parts)


@dataclass(frozen=True)
class Values:
    """Where the values of each kind come from.

    Args:
        sources: For each kind, lists to choose one of, then a value from it.
    """

    sources: Mapping[str, tuple[Composed, ...]]

    def draw(self, kind: str, rng: random.Random) -> str:
        """One value of a kind."""
        return rng.choice(self.sources[kind]).draw(rng)


def _listed(text: str) -> Composed:
    return Composed((tuple(text.split()),))


def _parts(*parts: str) -> Composed:
    """Each part is a text of choices: its words or, without blanks, its characters."""
    return Composed(tuple(tuple(p.split() if " " in p else p) for p in parts))


_TRAINING_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
_TRAINING_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰文辉建国晓雪梅"
_TRAINING_LONG_SURNAMES = "司马 诸葛 皇甫 慕容 司徒 夏侯 公孙 东方 轩辕 长孙"
_PROBE_SURNAMES = (
    "翟 闫 卞 佟 逄 郗 芮 蔺 臧 佘 缪 訾 亓 璩 阚 闵 欧阳 上官 尉迟 令狐 澹台"
)
_PROBE_GIVEN = "翀彧婳祎骐麒琬琰珩旻昶煊晔皓嫣姝滢淏锴钊隽翎蕤蔚琤岚"

_TRAINING_PLACES = _listed(
    "北京 上海 广州 深圳 天津 重庆 成都 武汉 杭州 南京 西安 长沙 青岛 大连 厦门 "
    "苏州 宁波 无锡 福州 合肥 郑州 济南 沈阳 长春 昆明 贵阳 南宁 海口 太原 石家庄 "
    "兰州 西宁 银川 南昌 温州 桂林 三亚 洛阳 开封 扬州 绍兴 嘉兴 泉州 珠海 佛山 "
    "东莞 中山 烟台 威海 唐山 秦皇岛 大理 丽江 拉萨 安阳 宜昌 襄阳 常州 徐州 镇江"
)
_TRAINING_MADE_PLACES = _parts(
    "青白石清新永金大平龙宝长云梅松竹兴和", "州山镇江溪河湾桥岭"
)
_TRAINING_LONG_PLACES = _parts(
    "青白石清新永金大平龙宝长云梅松竹兴和",
    "丰阳泉原水口林关头河",
    "古镇 新区 小镇 开发区 老街 县 县城",
)
_PROBE_PLACES = _listed(
    "亳州 衢州 儋州 涿州 郯城 歙县 婺源 鄄城 阆中 盱眙 睢宁 邳州 郓城 荥阳 漯河 "
    "泸州 汶川 蔚县 邛崃 犍为 郫都 鄂托克 巴彦淖尔 喀什 额济纳 沭阳 滕州 莒县 兖州 "
    "琼海 璧山 綦江"
)
_PROBE_MADE_PLACES = _parts("霁麓苕漪岫沅澧溆淇濮鄱皖筠蓟", "坞浦塬屿峪埠垭")

_TRAINING_WORK = _listed(
    "老师 医生 护士 程序员 会计 律师 司机 厨师 警察 记者 编辑 设计师 工程师 销售员 "
    "保安 快递员 理发师 摄影师 翻译 作家 画家 歌手 演员 导游 空姐 飞行员 消防员 "
    "农民 木匠 电工 焊工 裁缝 店员 收银员 公务员 教练 研究员 药剂师 兽医 牙医 "
    "建筑师 园丁 面点师 咖啡师 插画师 产品经理 人事专员 客服 仓库管理员 图书管理员"
)
_TRAINING_MADE_WORK = _parts(
    "茶叶 眼镜 玩具 花卉 轮胎 家具 水果 文具 乐器 服装 机床 电梯 饲料 陶瓷 皮具 地板",
    "店主 批发商 检验员 推销员 采购员 维修工 讲解员",
)
_TRAINING_LONG_WORK = _parts(
    "茶叶 眼镜 玩具 花卉 轮胎 家具 水果 文具 乐器 服装 机床 电梯 饲料 陶瓷 皮具 地板",
    "设计 制作 加工 检测 养护 回收 培育 包装 保管",
    "师 工 员 人 者 师傅 专家 学徒 组长",
)
_PROBE_WORK = _listed(
    "裱画匠 箍桶匠 钟表修理工 制琴人 髹漆匠 皮影艺人 验光员 蚕农 轮机长 测绘员 "
    "调香人 拍卖行主持 气象观测员 灯塔看守人 潜水作业员 化石修复员 古籍修复者 "
    "篆刻家 锔瓷匠 驯鹰人 养蜂人 采珠人 盐场工 船坞质检员 钢琴调律人 票据鉴定员 "
    "手语播报员 榫卯匠 地质勘探队员 骆驼客"
)

_TRAINING_PETS = "豆团球米糖果花毛点乐福圆妞宝皮旺咪灰黑黄"
_PROBE_PETS = "墩芋糯嘟啾柚椰栗蔻泡阿獾狸橘墨麦檬瓜闪"

_TRAINING_FOOD = _listed(
    "饺子 火锅 烤鸭 拉面 米粉 包子 馒头 烧烤 麻辣烫 红烧肉 糖醋排骨 宫保鸡丁 "
    "麻婆豆腐 番茄炒蛋 酸菜鱼 小龙虾 炸鸡 汉堡 披萨 寿司 蛋糕 冰淇淋 巧克力 汤圆 "
    "粽子 月饼 油条 豆浆 煎饼 凉皮 炒饭 牛肉面 炸酱面 担担面 馄饨 烧卖 春卷 蒸蛋 "
    "鱼香肉丝 回锅肉 水煮鱼 烤鱼 羊肉串 煲仔饭 肠粉 烧鹅 叉烧 粥 土豆丝 可乐鸡翅"
)
_TRAINING_MADE_FOOD = _parts(
    "牛肉 番茄 香菇 白菜 排骨 鸡蛋 虾仁 豆腐 南瓜 萝卜 茄子 土豆 鸡腿 玉米 青椒 酸豆角",
    "饺子 炒面 盖饭 汤 包子 焖饭 拌面 煲",
)
_TRAINING_LONG_FOOD = _parts(
    "牛肉 番茄 香菇 白菜 排骨 鸡蛋 虾仁 豆腐 南瓜 萝卜 茄子 土豆 鸡腿 玉米 青椒",
    "炖 烧 拌 蒸 炒 煨",
    "土豆 粉条 木耳 腐竹 莲藕 山药 笋 年糕 面筋 蘑菇 丝瓜",
)
_PROBE_FOOD = _listed(
    "螺蛳粉 驴打滚 艾窝窝 馓子 糍粑 醪糟 饸饹 胡辣汤 羊肉泡馍 毛血旺 佛跳墙 豌豆黄 "
    "萨其马 沙茶锅 鸭血粉丝 臭鳜鱼 蚵仔煎 手抓饭 酥油茶 糌粑 腌笃鲜 梅干扣肉 "
    "蟹壳黄 龟苓膏 双皮奶 芋圆 鲜花饼 过桥米线 狼牙洋芋 榴莲酥"
)

TRAINING_VALUES = Values(
    {
        "name": (
            _parts(_TRAINING_SURNAMES, _TRAINING_GIVEN),
            _parts(_TRAINING_SURNAMES, _TRAINING_GIVEN, _TRAINING_GIVEN),
            _parts(_TRAINING_LONG_SURNAMES, _TRAINING_GIVEN),
            _parts(_TRAINING_LONG_SURNAMES, _TRAINING_GIVEN, _TRAINING_GIVEN),
        ),
        "hometown": (_TRAINING_PLACES, _TRAINING_MADE_PLACES, _TRAINING_LONG_PLACES),
        "city": (_TRAINING_PLACES, _TRAINING_MADE_PLACES, _TRAINING_LONG_PLACES),
        "occupation": (_TRAINING_WORK, _TRAINING_MADE_WORK, _TRAINING_LONG_WORK),
        "pet": (
            _parts(_TRAINING_PETS, _TRAINING_PETS),
            _parts("小大老", _TRAINING_PETS),
        ),
        "like": (_TRAINING_FOOD, _TRAINING_MADE_FOOD, _TRAINING_LONG_FOOD),
    }
)
"""What training draws from."""

PROBE_VALUES = Values(
    {
        "name": (
            _parts(_PROBE_SURNAMES, _PROBE_GIVEN),
            _parts(_PROBE_SURNAMES, _PROBE_GIVEN, _PROBE_GIVEN),
        ),
        "hometown": (_PROBE_PLACES, _PROBE_MADE_PLACES),
        "city": (_PROBE_PLACES, _PROBE_MADE_PLACES),
        "occupation": (_PROBE_WORK,),
        "pet": (_parts(_PROBE_PETS, _PROBE_PETS),),
        "like": (_PROBE_FOOD,),
    }
)
"""What the probe draws from; none of it can be drawn in training."""
