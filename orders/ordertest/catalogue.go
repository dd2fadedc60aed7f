package ordertest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// Catalogue returns master data of the given numbers of products and customers, the same each time: of many trades, named as
// their wholesalers name them, with sizes, packs, codes, aliases, own codes and earlier orders. base is part of it, in the
// middle, as one trade among others.
func Catalogue(base *orders.Master, products, customers int) *orders.Master {
	g := &generator{rand: rand.New(rand.NewPCG(11, 7)), codes: map[string]bool{}, titles: map[string]bool{}} //nolint:gosec // the same each time
	for i := range base.Products {
		p := &base.Products[i]
		g.codes[string(p.Code)], g.titles[p.Title()] = true, true
	}
	for i := range base.Customers {
		g.codes[string(base.Customers[i].Code)], g.titles[base.Customers[i].Name] = true, true
	}
	m := &orders.Master{}
	for len(m.Products)+len(base.Products) < products {
		if len(m.Products) == products/2 {
			m.Products = append(m.Products, base.Products...)
			base = &orders.Master{Customers: base.Customers, Items: base.Items, History: base.History}
		}
		m.Products = append(m.Products, g.product())
	}
	for len(m.Customers)+len(base.Customers) < customers {
		if len(m.Customers) == customers/2 {
			m.Customers = append(m.Customers, base.Customers...)
			m.Items, m.History = append(m.Items, base.Items...), append(m.History, base.History...)
			base = &orders.Master{}
		}
		m.Customers = append(m.Customers, g.customer())
		g.dealings(m)
	}
	return m
}

// generator makes master data.
type generator struct {
	rand   *rand.Rand
	codes  map[string]bool
	titles map[string]bool
}

// trade is a kind of wholesale goods: heads and what stands before them, kinds of sizes, units.
type trade struct {
	category, code       string
	brands, kinds, heads []string
	sizes                []string // a size: {a|b} is one of them, {5-40/5} a number of that span and step
	finishes             []string
	packs                []string // base unit, then what is larger
}

// trades are told by lines of category, code, brands, kinds, heads, sizes, finishes, units.
var trades = func() []trade {
	var out []trade
	for line := range strings.Lines(tradeTable) {
		f := strings.Split(strings.TrimSpace(line), "/")
		if len(f) != 8 {
			panic("trade " + line)
		}
		w := func(i int) []string { return strings.Fields(f[i]) }
		out = append(out, trade{f[0], f[1], w(2), w(3), w(4), w(5), w(6), w(7)})
	}
	return out
}()

const tradeTable = `紧固件/JG/东明 晋亿 奥展 固万基/304 316 201 镀锌 发黑 碳钢 4.8级 12.9级/外六角螺栓 内六角螺栓 沉头螺钉 盘头螺钉 自攻螺钉 双头螺柱 法兰螺栓 吊环螺栓 膨胀螺栓 地脚螺栓 紧定螺钉 马车螺栓/M{3|4|5|6|8|10|12|14|16|20|24}×{10-120~5}/全牙 半牙 细牙 - -/支,包=100,箱=2000 只,盒=200,箱=4000 套,箱=500 个,公斤=80,箱=1600
螺母垫圈/LM/东明 晋亿 禾舜/304 316 镀锌 尼龙 碳钢 铜/六角螺母 法兰螺母 自锁螺母 盖形螺母 平垫圈 弹簧垫圈 止退垫圈 蝶形螺母 焊接螺母/M{3|4|5|6|8|10|12|14|16|18|20|22|24|27|30}/加厚 细牙 - - 左旋/只,包=200,箱=10000 个,公斤=300,箱=6000
阀门/FM/埃美柯 远大 苏盐 良工/黄铜 不锈钢 铸铁 PVC 碳钢 锻钢/球阀 闸阀 截止阀 止回阀 蝶阀 角阀 过滤器 浮球阀 减压阀 安全阀 电磁阀/DN{15|20|25|32|40|50|65|80|100|125|150}/内丝 外丝 法兰 焊接 - 对夹/只,箱=60 个,箱=24 台
管件/GJ/伟星 联塑 日丰 金牛 中财/PPR PVC PE 镀锌 不锈钢 铝塑/弯头 直接 三通 异径接头 活接 管帽 四通 过桥弯 内丝弯头 外丝直接 管卡/{20|25|32|40|50|63|75|90|110|160}/加厚 - - 45度 90度/只,包=20,箱=400 个,包=50,箱=500
管材/GC/伟星 联塑 日丰 金牛/PPR冷水 PPR热水 PVC排水 PE给水 镀锌钢 不锈钢 穿线/管 软管 波纹管/{16|20|25|32|40|50|63|75|90|110|160}×{2|2.3|2.8|3.2|3.6|4.2|5.3}/4米 6米 白色 灰色 -/根,捆=10 米,卷=100,根=4
电线电缆/DX/远东 上上 熊猫 起帆 德力西/铜芯 铝芯 阻燃 耐火 屏蔽/单芯电线 护套线 电力电缆 控制电缆 网线 同轴电缆 橡套软线 平行线/{1|1.5|2.5|4|6|10|16|25|35|50} {2|3|4|5}×{0.5|0.75|1|1.5|2.5|4}/红色 蓝色 黄绿 黑色 -/卷,箱=4 米,卷=100 盘,件=2
开关插座/KG/公牛 正泰 德力西 施耐德 西蒙/明装 暗装 防水 智能 86型 118型/单开开关 双开开关 三开开关 五孔插座 十孔插座 网络插座 空白面板 调光开关 地插 电视插座/{10|16|20|25|32}A/白色 灰色 金色 银色/只,盒=10,箱=100 个,箱=120
低压电器/DQ/正泰 德力西 天正 施耐德/小型 塑壳 漏电 直流 三相/断路器 接触器 热继电器 中间继电器 时间继电器 浪涌保护器 隔离开关 熔断器/{1|2|3|4}P {6|10|16|20|25|32|40|63|100|125|160|250}A/C型 D型 -/只,盒=6,箱=60 台,箱=12
照明/ZM/欧普 雷士 飞利浦 佛山照明/LED 防爆 吸顶 嵌入式 感应/球泡灯 灯管 筒灯 射灯 面板灯 工矿灯 投光灯 路灯 灯带 应急灯/{3|5|7|9|12|15|18|24|36|50|100|150}W/白光 暖光 中性光/只,箱=50 支,箱=25 盏,箱=10 套,箱=8
轴承/ZC/哈尔滨 瓦房店 人本 万向/深沟球 圆锥滚子 调心球 推力球 圆柱滚子 滚针/轴承/{60|62|63|302|303|512|222|NU2}{00|01|02|03|04|05|06|07|08|09|10|11|12}/ZZ 2RS - C3/套,盒=10,箱=200 只,箱=100
焊材切割/HC/金桥 大西洋 天泰 银象/不锈钢 碳钢 低温钢 铸铁 铝合金/电焊条 焊丝 切割片 角磨片 百叶片 钨极 焊剂 砂带/{1.0|1.2|1.6|2.0|2.5|3.2|4.0} {100|125|150|180|230|350}mm/J422 A102 ER50-6 -/公斤,包=5,箱=20 片,盒=50,箱=200 盘,箱=4
手动工具/SD/世达 史丹利 长城精工 得力 老A/加长 绝缘 铬钒钢 棘轮 多功能 迷你/呆扳手 活动扳手 螺丝刀 钢丝钳 尖嘴钳 斜口钳 羊角锤 卷尺 美工刀 内六角扳手 管钳 水平尺/{4|5|6|8|10|12|14|18|24}寸/红柄 蓝柄 - 套装/把,盒=6,箱=60 套,箱=12
电动工具/DD/博世 牧田 东成 得伟/充电 手持 台式 工业级/电钻 电锤 角磨机 切割机 曲线锯 砂光机 热风枪 电镐 吹风机/{300|500|650|800|1000|1200|1500}W/12V 18V 20V -/台,箱=4 套
劳保/LB/代尔塔 霍尼韦尔 星宇 赛立特/防滑 耐酸碱 防割 绝缘 加厚 浸胶 帆布/劳保手套 安全帽 安全鞋 防护眼镜 耳塞 雨衣 安全带 防尘面罩 反光背心 工作服/{S|M|L|XL|XXL}码/黄色 蓝色 白色 灰色 迷彩/双,打=12,箱=240 副,包=12,箱=120 件,箱=50 顶,箱=40
口罩防护/KZ/稳康 振安 洁尔 康卫 朗沃/一次性 医用 医用外科 活性炭 儿童 N95 灭菌/口罩 防护服 隔离衣 手术帽 鞋套 面屏 护目镜/{10|20|25|30|50|100}只/独立包装 挂耳式 绑带式 -/盒,箱=40,只=0.02 包,箱=60 件,箱=50
注射耗材/ZS/康乐保 威高 双鸽 江扬 三鑫/一次性 无菌 精密 安全型 避光/注射器 输液器 留置针 采血针 输血器 延长管 三通旋塞 肝素帽 注射针头/{1|2|2.5|5|10|20|30|50}ml {14|16|18|20|22|24|26}G/带针 不带针 直型 -/支,盒=100,箱=2400 套,包=20,箱=500 支,盒=50,箱=600
导管引流/DG/威力 科盟 维力 斯坦/一次性 硅胶 乳胶 PVC 双腔 三腔/导尿管 引流管 胃管 吸痰管 气管插管 引流袋 负压球 肛管 鼻饲管/Fr{6|8|10|12|14|16|18|20|22|24}/成人 儿童 - 标准型/根,盒=10,箱=200 只,包=10,箱=300
敷料/FL/振德 稳健 海氏海诺 奥美/医用 无菌 脱脂 自粘 透明 藻酸盐/纱布块 纱布绷带 棉签 棉球 创可贴 敷贴 弹力绷带 胶布 伤口敷料 棉垫/{5|6|7.5|8|10|12|15}×{5|7.5|10|15|20|25|30}cm/8层 12层 - 无纺布/包,箱=100 盒,箱=60 卷,盒=12,箱=144
检验试剂/JY/万孚 艾康 迈瑞 科华/快速 胶体金 酶联 定量 免疫/检测试剂盒 试纸条 质控品 校准品 清洗液 稀释液 采样管 拭子/{10|20|25|40|48|50|96|100}人份/-20℃ 2-8℃ 常温/盒,箱=40 瓶,箱=24 套
药房西药/XY/华润 石药 白云山 修正 同仁堂/复方 缓释 肠溶 小儿 盐酸 阿司匹林 维生素C 对乙酰氨基酚 布洛芬 阿莫西林 头孢拉定 奥美拉唑/片 胶囊 颗粒 口服液 滴眼液 软膏 喷雾剂/{5|10|25|50|100|250|500}mg×{6|10|12|20|24|30|36|60}/铝塑 瓶装 -/盒,箱=200,条=10 瓶,箱=120
牙科/YK/登士柏 西诺德 沪鸽 松风/树脂 玻璃离子 藻酸盐 硅橡胶 一次性 钨钢 金刚砂/印模材 充填材料 车针 根管锉 牙科手机 吸唾管 托盘 粘接剂 抛光膏/{15|20|25|30|35|40|45}# {21|25|28|31}mm/A1 A2 A3 B2 -/支,盒=6 套,盒=4 盒,箱=20
米面粮油/LY/金龙鱼 福临门 鲁花 十月稻田 香满园/东北 五常 一级 特级 压榨 高筋 低筋 非转基因/大米 面粉 大豆油 花生油 菜籽油 玉米油 糯米 挂面 小米 调和油/{500g|1kg|2.5kg|5kg|10kg|25kg|900ml|1.8L|5L|20L}/- - 新米 珍品/袋,件=4 桶,箱=4 瓶,箱=12 包,箱=20
调味品/TW/海天 李锦记 千禾 太太乐 恒顺 厨邦/一品 金标 零添加 特鲜 蒸鱼 红烧/生抽 老抽 蚝油 陈醋 料酒 鸡精 味精 豆瓣酱 芝麻油 白糖 食盐 番茄酱/{150|250|360|500|750|1000|1900}ml {100|200|454|500|900}g/- - 玻璃瓶 袋装/瓶,箱=12 袋,箱=20 桶,箱=6
饮料酒水/YL/农夫山泉 康师傅 统一 娃哈哈 百事 青岛 雪花/无糖 原味 青柠 蜜桃 冰 茉莉/矿泉水 绿茶 红茶 乌龙茶 可乐 橙汁 啤酒 功能饮料 苏打水 酸梅汤/{250|330|380|500|550|900|1250|1500}ml/罐装 瓶装 -/瓶,件=24,箱=12 罐,箱=24 箱
休闲食品/XX/旺旺 三只松鼠 良品铺子 乐事 奥利奥/原味 香辣 番茄 海苔 奶香 五香 烧烤/薯片 饼干 瓜子 花生 牛肉干 话梅 果冻 沙琪玛 蛋黄派 锅巴/{30|50|75|100|120|150|200|300}g/袋装 盒装 桶装 -/包,箱=24 袋,箱=30 盒,箱=20
冻品/DP/正大 圣农 双汇 安井 国联/去骨 带皮 免浆 黑椒 奥尔良 精修/鸡腿 鸡翅中 鸡胸肉 牛肉片 羊肉卷 虾仁 鱼丸 培根 猪蹄 鸭胗/{500g|1kg|2kg|2.5kg|10kg}/速冻 冰鲜 -/袋,件=10 包,箱=20 公斤,箱=10
乳制品/RZ/伊利 蒙牛 光明 君乐宝/纯 高钙 脱脂 低脂 有机 儿童/牛奶 酸奶 奶粉 奶酪 淡奶油 黄油 炼乳/{100|180|200|250|400|800|1000}g/利乐装 罐装 杯装 -/盒,箱=16,提=12 罐,箱=12 箱
生鲜果蔬/SG/- - 本地 山东 海南 云南/精品 一级 有机 净菜 大/土豆 番茄 黄瓜 西兰花 胡萝卜 白萝卜 娃娃菜 苹果 香蕉 橙子 葡萄 洋葱 生姜 大蒜/{2.5|5|10|15|20}kg/泡沫箱 网袋 -/斤,筐=30 公斤,箱=10 箱 袋,件=5
办公文具/WJ/得力 晨光 齐心 真彩 三木/彩色 加厚 抽杆 磁性 可擦 速干/中性笔 圆珠笔 荧光笔 白板笔 订书机 文件夹 档案盒 笔记本 便利贴 固体胶 计算器 长尾夹/{0.5|0.7|1.0|15|19|25|32|41|51}mm/黑色 红色 蓝色 混色/支,盒=12,箱=144 个,盒=24,箱=288 本,包=10,箱=120
办公用纸/YZ/得力 晨鸣 金旗舰 双A/高白 加厚 彩色 铜版 热敏/复印纸 打印纸 收银纸 相片纸 卡纸 牛皮纸 标签纸/A{3|4|5} {70|80|100|120|157|200}g/500张 100张 -/包,箱=5 卷,箱=100 件
打印耗材/DY/惠普 佳能 兄弟 格之格 天威/黑色 彩色 大容量 原装 兼容/硒鼓 墨盒 墨水 碳粉 色带 打印头/{12A|78A|388A|2612|CE285|TN-1035|PG-845|T664|L801}/黑 青 品红 黄/支,箱=12 个,箱=20 瓶,箱=36
电子元件/DZ/国巨 村田 风华 三星 顺络/贴片 插件 高精度 低ESR 功率/电阻 电容 电感 二极管 三极管 稳压管 磁珠 电解电容 晶振 排针/{0201|0402|0603|0805|1206|1210} {1|2.2|4.7|10|22|47|100|220|470}{R|K|nF|uF|uH}/±1% ±5% 16V 50V/只,盘=5000 盘 包,箱=100
连接器线材/LX/立讯 绿联 泰科 莫仕/屏蔽 编织 防水 高速 磁吸/数据线 航空插头 端子 排线 网线水晶头 转接头 延长线 HDMI线/{0.5|1|1.5|2|3|5|10}米 {2|3|4|6|8|12}P/黑色 白色 -/条,箱=100 只,包=100,箱=2000 根,箱=50
清洁用品/QJ/蓝月亮 立白 威猛先生 滴露 妙洁/柠檬 薰衣草 除菌 强力 浓缩/洗衣液 洗洁精 洁厕灵 消毒液 玻璃水 洗手液 垃圾袋 抹布 拖把 钢丝球/{300|500|750|1000|2000|3000|5000}ml/瓶装 补充装 -/瓶,箱=12 袋,箱=16 桶,箱=4 个,箱=50
纸品/ZP/清风 维达 心相印 洁柔/三层 四层 原木 无香 压花/抽纸 卷纸 面巾纸 厨房纸 湿巾 擦手纸 餐巾纸/{80|100|120|140|180|200}抽/软包 盒装 -/包,提=10,箱=60 提,件=8 卷,提=12
日化洗护/RH/海飞丝 潘婷 舒肤佳 云南白药 高露洁/去屑 柔顺 清爽 滋养 美白 薄荷/洗发水 沐浴露 护发素 香皂 牙膏 牙刷 洗面奶 护手霜/{90|120|150|200|400|500|750}ml/- 家庭装 旅行装/瓶,箱=12 支,箱=36 块,箱=72
包装材料/BZ/永新 裕同 - 易优/透明 印刷 加厚 防静电 环保/封箱胶带 气泡膜 纸箱 编织袋 自封袋 缠绕膜 打包带 快递袋 泡沫板/{4|4.5|5|6|10|20|30|40|50|60}×{10|20|30|40|50|100|150}/5丝 8丝 10丝 -/卷,箱=60 个,捆=20 只,捆=100,箱=1000 公斤
汽车配件/QP/博世 曼牌 法雷奥 电装 天合/大众 丰田 本田 别克 日产 现代 吉利/机油滤清器 空气滤芯 刹车片 火花塞 雨刮片 正时皮带 减震器 轮毂轴承 大灯总成 水泵/{1.4|1.5|1.6|1.8|2.0|2.4|3.0}L {2009|2012|2014|2016|2018|2020}款/前 后 左 右 -/只,箱=20 套,箱=10 支,盒=4,箱=100
润滑油品/RY/美孚 壳牌 长城 昆仑 嘉实多/全合成 半合成 矿物 抗磨 高温/机油 液压油 齿轮油 导热油 防冻液 刹车油 润滑脂 变压器油/{1L|4L|18L|200L} {5W-30|5W-40|10W-40|15W-40|46号|68号}/- SN CI-4/桶,箱=4 瓶,箱=12
涂料/TL/立邦 多乐士 三棵树 嘉宝莉/内墙 外墙 水性 油性 环氧 净味/乳胶漆 底漆 面漆 腻子粉 防锈漆 木器漆 地坪漆 稀释剂 固化剂/{1|5|10|15|18|20|25}kg/白色 灰色 红色 -/桶,托=36 袋,吨=50 组
化工原料/HG/国药 西陇 阿拉丁 沪试/分析纯 工业级 食品级 优级纯 无水/乙醇 氯化钠 氢氧化钠 碳酸钠 柠檬酸 硫酸铜 甘油 丙酮 双氧水 活性炭/{500g|500ml|1kg|2.5L|25kg}/AR GR - 99%/瓶,箱=20 袋,吨=40 桶
实验耗材/SY/康宁 爱思进 比克曼 耐思/无菌 低吸附 带刻度 棕色 耐热/离心管 移液器吸头 培养皿 烧杯 容量瓶 试剂瓶 冻存管 滴管 量筒/{0.2|0.5|1.5|2|5|10|15|50|100|250|500|1000}ml/PP 玻璃 PS -/包,箱=20 个,盒=10 支,包=100,箱=1000
纺织服装/FZ/海澜 恒源祥 南极人 富安娜/纯棉 涤棉 速干 加绒 圆领 翻领/T恤 卫衣 工装裤 衬衫 夹克 围裙 床单 毛巾 袜子 帽子/{S|M|L|XL|XXL|XXXL}/白色 黑色 藏青 灰色 红色/件,包=10,箱=100 条,包=10,箱=200 双,打=12
饲料/SL/正大 新希望 通威 海大/乳猪 蛋鸡 肉鸭 育肥猪 鲤鱼 对虾/配合饲料 浓缩饲料 预混料 膨化料 颗粒料/{510|512|551|552|811|902|6800} {20|25|40}kg/- 前期 后期/袋,吨=40 包,吨=50
五金建材/WL/坚朗 好太太 顶固 汇泰龙/不锈钢 锌合金 缓冲 静音 加厚/铰链 滑轨 拉手 门锁 合页 地吸 晾衣杆 角码 门吸 闭门器/{2|3|4|5|8|10|12|14|16|18|20|22}寸/拉丝 黑色 金色 -/副,箱=50 把,箱=20 只,盒=10,箱=200
厨卫/CW/九牧 箭牌 恒洁 科勒/单孔 冷热 抽拉 304 加厚 恒温/水龙头 花洒 洗手盆 地漏 马桶盖 置物架 三角阀 下水管 淋浴软管/{1.2|1.5|2}米 {4|6}分/镀铬 黑色 枪灰 -/只,箱=20 套,箱=8 个,箱=40 根,箱=50
厨房设备/CF/双立人 苏泊尔 爱仕达 美厨/不锈钢 商用 加厚 不粘 复底/炒锅 汤锅 份数盆 菜板 菜刀 保温桶 蒸笼 周转箱 托盘/{18|20|22|24|26|28|30|32|34|36|40}cm/带盖 - 双耳/只,箱=12 个,箱=20 把,箱=24
宠物/CH/皇家 麦富迪 伯纳天纯 卫仕/成犬 幼犬 成猫 幼猫 全价 冻干/狗粮 猫粮 罐头 猫条 猫砂 磨牙棒 羊奶粉/{85g|100g|400g|1.5kg|2kg|10kg}/鸡肉味 三文鱼味 牛肉味/袋,箱=8 罐,箱=24 包,箱=20
农资/NZ/先正达 拜耳 史丹利 金正大/高氮 水溶 缓释 杀虫 广谱/复合肥 尿素 叶面肥 除草剂 杀菌剂 地膜 滴灌带 种子 农用薄膜/{100g|500g|1kg|5kg|40kg|50kg}/17-17-17 15-15-15 - 48%/袋,吨=20 瓶,箱=20 卷
图书教具/TS/人教 北师大 苏教 外研/一年级 二年级 三年级 四年级 五年级 六年级 七年级/语文教材 数学练习册 英语同步 字帖 作业本 地球仪 三角板 书包/{16|32|64}开/上册 下册 -/本,包=40 套,箱=20 个,箱=60
母婴/MY/好奇 帮宝适 贝亲 飞鹤/超薄 夜用 新生儿 防胀气 有机/纸尿裤 拉拉裤 奶瓶 奶嘴 婴儿湿巾 米粉 隔尿垫 安抚奶嘴/{NB|S|M|L|XL} {20|24|36|48|64|76}片/男 女 通用/包,箱=4 只,箱=48 个,箱=60
消防安防/XF/海康 大华 淮海 桂安/手提式 推车式 无线 红外 室外/灭火器 消火栓 烟感 水带 应急照明 摄像头 报警器 消防面具/{2|3|4|5|8|20|35}kg {50|65|80}型/干粉 二氧化碳 -/具,箱=4 只,箱=20 台,箱=10
暖通制冷/NT/格力 美的 大金 丹佛斯/变频 风冷 水冷 壁挂 中央/压缩机 膨胀阀 风机盘管 铜管 保温管 冷凝器 温控器 制冷剂/{1|1.5|2|3|5|10|15|20}匹/R22 R410A R32 -/台 米,卷=15 罐,箱=12
仪器仪表/YB/雷尔达 红旗 优利德 川仪/数显 不锈钢 耐震 防爆 远传/压力表 温度计 万用表 流量计 液位计 卡尺 千分尺 电流表/{0-100|0-150|0-200|0-300}mm {0.6|1.0|1.6|2.5|4}MPa/1.5级 2.5级 -/只,箱=30 台,箱=10 块,箱=20
`

func (g *generator) pick(of []string) string { return of[g.rand.IntN(len(of))] }

// size writes one of the sizes of a pattern.
func (g *generator) size(pattern string) string {
	var b strings.Builder
	for pattern != "" {
		head, rest, braced := strings.Cut(pattern, "{")
		b.WriteString(head)
		if !braced {
			break
		}
		choice, after, _ := strings.Cut(rest, "}")
		if span, step, ok := strings.Cut(choice, "~"); ok {
			var from, to, by int
			_, _ = fmt.Sscanf(span+" "+step, "%d-%d %d", &from, &to, &by)
			fmt.Fprint(&b, from+by*g.rand.IntN((to-from)/by+1))
		} else {
			b.WriteString(g.pick(strings.Split(choice, "|")))
		}
		pattern = after
	}
	return b.String()
}

func (g *generator) product() orders.Product {
	for {
		t := &trades[g.rand.IntN(len(trades))]
		brand, kind, head := g.pick(t.brands), g.pick(t.kinds), g.pick(t.heads)
		var sizes []string
		for _, s := range t.sizes {
			if len(t.sizes) == 1 || g.rand.IntN(3) > 0 {
				sizes = append(sizes, g.size(s))
			}
		}
		size, finish := strings.Join(sizes, " "), strings.Trim(g.pick(t.finishes), "-")
		p := orders.Product{Category: t.category, Kind: orders.ProductStandard}
		kindInName, brandInName := g.rand.IntN(3) > 0, g.rand.IntN(4) == 0
		p.Name, p.Spec = head, size
		if kindInName {
			p.Name = kind + p.Name
		} else {
			p.Spec = kind + " " + p.Spec
		}
		if brandInName && brand != "-" {
			p.Name = brand + p.Name
		} else if brand != "-" && g.rand.IntN(3) > 0 {
			p.Spec = brand + " " + p.Spec
		}
		if finish != "" {
			p.Spec += " " + finish
		}
		p.Spec = strings.Join(strings.Fields(p.Spec), " ")
		if g.titles[p.Title()] {
			continue
		}
		g.titles[p.Title()] = true
		p.Code = orders.ProductCode(g.code(t.code))
		units := strings.Split(g.pick(t.packs), ",")
		p.Unit = units[0]
		for _, u := range units[1:] {
			name, n, _ := strings.Cut(u, "=")
			p.Packs = append(p.Packs, orders.Pack{Unit: name, Size: decimal.RequireFromString(n)})
		}
		add := func(parts ...string) {
			if a := strings.Join(parts, ""); a != p.Name && len([]rune(a)) > 2 && g.rand.IntN(5) < 2 {
				p.Aliases = append(p.Aliases, a)
			}
		}
		first := ""
		if len(sizes) > 0 {
			first = sizes[0]
		}
		add(head, first)
		add(first, kind, head)
		add(brand, head)
		add(kind, head, finish)
		add(finish, head)
		price := decimal.New(int64(g.rand.IntN(20000)+10), -2)
		p.Price, p.MOQ, p.Stock = &price, decimal.NewFromInt(1), decimal.NewFromInt(int64(g.rand.IntN(10000)))
		return p
	}
}

// code makes a new code in one of the ways in which firms number.
func (g *generator) code(trade string) string {
	for {
		var c string
		switch n := g.rand.IntN(1_000_000); g.rand.IntN(4) {
		case 0:
			c = fmt.Sprintf("%s%06d", trade, n)
		case 1:
			c = fmt.Sprintf("%s-%04d%c", trade, n%10000, 'A'+rune(n%26))
		case 2:
			c = fmt.Sprintf("69%011d", n*7919)
		default:
			c = fmt.Sprintf("%s.%03d.%03d", trade, n/1000, n%1000)
		}
		if !g.codes[c] {
			g.codes[c] = true
			return c
		}
	}
}

var (
	cities    = strings.Fields("沧河 临江 平湖 青山 安丰 永宁 兴化 长清 东阳 南浦 西陵 北塘 宁远 泰和 丰城 高安 广德 海宁 江川 吉水 乐平 龙泉 密云 南溪 清河 荣昌 石门 桐城 望城 新津 宜良 云阳 镇海 资阳 阳谷 武宁 通海 顺城 仁寿 蒲江 黄陂 凤台 固镇 灵璧 怀远 天长 明光 界首 宿松")
	roads     = strings.Fields("人民路 解放路 建设路 中山路 和平路 文化路 新华路 长江路 黄河路 滨河路 工业大道 迎宾大道 兴业街 南大街 北大街 东风路 胜利路 朝阳路 光明路 学府路 振兴路 科技路 创业路 货场路 园区一路 园区三路")
	syllables = strings.Fields("鑫 达 华 盛 瑞 丰 恒 泰 宏 远 金 源 诚 信 康 德 益 民 嘉 禾 永 兴 百 汇 天 成 万 佳 富 祥 正 和 广 联 利 顺 安 宁 博 雅 立 通 隆 昌 启 明 聚 福 东 升 海 润 星 辰 凯 旋 美 林 众 力 新 宇 晨 光")
	firms     = strings.Fields("五金商行 机电有限公司 贸易有限公司 商贸有限公司 建材经营部 医疗器械有限公司 大药房 诊所 人民医院 中医院 社区卫生服务中心 口腔门诊部 超市 便利店 酒店 餐饮管理有限公司 食品有限公司 文具店 办公用品有限公司 电子科技有限公司 汽修厂 汽配城 物业服务有限公司 建筑工程有限公司 装饰工程有限公司 机械制造有限公司 化工有限公司 饲料厂 养殖场 宠物医院 幼儿园 中学 实验小学 农资店 水果店 粮油批发部 服装厂 纸箱厂 印刷厂 物流有限公司 水暖批发部 劳保用品店 灯具城 养老院 妇幼保健院 检测中心 研究所")
	surnames  = strings.Fields("王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹 彭 曾 肖 田 董 潘 袁 蔡 蒋 余 于 杜 叶 程 魏 苏 吕 丁 任 卢 姚 沈 钟 姜 崔 谭 陆 范 汪 廖 石 金 韦 贾 夏 付 方 邹 熊 白 孟 秦 邱 侯 江 尹 薛 闫 段 雷 龙 黎 史 陶 贺 毛 郝 顾 龚 邵 万 覃 武 钱 戴 严 莫 孔 向 汤")
	given     = strings.Fields("伟 芳 娜 秀英 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀兰 霞 平 刚 桂英 文 辉 建华 晓东 志强 海燕 春梅 国庆 玉兰 红梅 建国 小红 志勇 立新 少华 文博 雨晴 子涵 浩然 思远 梦瑶 佳怡 宇轩")
	callings  = strings.Fields("经理 老板 主任 店长 采购 老师 总 工 师傅 姐 会计 科长")
	sellers   = strings.Fields("韩立群 邵一帆 温小满 贺知秋 陆秉文 祝青 尤佳 符晓 卞宁 车永健 甄珍 储良 毕思齐 阮成 沙丽 时光 左岚 游勇 屈波 项南")
)

func (g *generator) customer() orders.Customer {
	for {
		city, trade, firm := g.pick(cities), g.pick(syllables)+g.pick(syllables), g.pick(firms)
		name := city + trade + firm
		if g.rand.IntN(4) == 0 {
			name = city + "市" + trade + firm
		}
		if g.titles[name] {
			continue
		}
		g.titles[name] = true
		c := orders.Customer{
			Code: orders.CustomerCode(g.code("KH")), Name: name, Level: g.pick([]string{"A", "B", "C"}), Region: city, Sales: g.pick(sellers),
			Phone: fmt.Sprintf("1%d%09d", 3+g.rand.IntN(7), g.rand.IntN(1_000_000_000)),
		}
		c.Address = fmt.Sprintf("%s市%s%d号", city, g.pick(roads), 1+g.rand.IntN(900))
		if g.rand.IntN(3) == 0 {
			c.Address += fmt.Sprintf("%d栋%d0%d室", 1+g.rand.IntN(20), 1+g.rand.IntN(30), 1+g.rand.IntN(8))
		}
		c.Contact = g.pick(surnames) + g.pick(given)
		if g.rand.IntN(4) == 0 {
			c.Contact = g.pick(surnames) + g.pick(callings)
		}
		short := []string{trade + string([]rune(firm)[:2]), city + trade, trade}
		for _, a := range short[:2] {
			if g.rand.IntN(2) == 0 {
				c.Aliases = append(c.Aliases, a)
			}
		}
		if g.rand.IntN(12) == 0 {
			c.Aliases = append(c.Aliases, short[2])
		}
		return c
	}
}

// dealings gives the newest customer own codes and earlier orders, as some have.
func (g *generator) dealings(m *orders.Master) {
	c := m.Customers[len(m.Customers)-1].Code
	if g.rand.IntN(20) == 0 {
		for n := range 5 + g.rand.IntN(10) {
			p := &m.Products[g.rand.IntN(len(m.Products))]
			m.Items = append(m.Items, orders.CustomerItem{Customer: c, Item: fmt.Sprintf("WL-%04d", 1000+n*37), Product: p.Code, Price: p.Price})
		}
	}
	if g.rand.IntN(3) == 0 {
		for n := range 1 + g.rand.IntN(12) {
			p := &m.Products[g.rand.IntN(len(m.Products))]
			m.History = append(m.History, orders.HistoryLine{
				Customer: c, Order: fmt.Sprintf("SO202602%02d%04d", 1+n/4, len(m.Customers)%10000), Date: fmt.Sprintf("2026-02-%02d", 1+n/4), Product: p.Code,
				Quantity: decimal.NewFromInt(int64(1 + g.rand.IntN(50))), Unit: p.Unit,
			})
		}
	}
}
