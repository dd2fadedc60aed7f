package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// goods is something that is ordered.
type goods struct {
	code, name, spec, unit string
	cents                  int
}

// trades are catalogues of several trades, none of them the corpus's. Codes are of all shapes that trades use.
var trades = map[string][]goods{
	"food": {
		{"6901234500018", "金龙鱼大豆油", "5L×4桶/箱", "箱", 23800},
		{"6923450657713", "海天生抽", "1.9L×6瓶", "箱", 8850},
		{"SP-10021", "东北珍珠米", "25kg/袋", "袋", 13600},
		{"SP-10034", "高筋面粉", "25kg", "袋", 9200},
		{"LD0087", "冷冻鸡翅中", "1kg×10包", "箱", 31250},
		{"LD0190", "速冻薯条3/8", "2kg×6", "箱", 14500},
		{"TW-5008", "番茄沙司", "3.25kg/罐", "罐", 3680},
		{"TW-5016", "白砂糖", "50kg/袋", "袋", 34500},
		{"DR-220B", "黄油(无盐)", "454g×20块", "箱", 68000},
		{"DR-221A", "淡奶油", "1L×12盒", "件", 45600},
	},
	"parts": {
		{"04465-0K340", "前刹车片", "HILUX 15-20款", "套", 28650},
		{"90915-YZZD4", "机油滤清器", "M20×1.5", "只", 2280},
		{"GDB3425", "后刹车片", "116.7×53.3×17", "副", 19500},
		{"0242236566", "火花塞", "FR7NPP332", "支", 4650},
		{"6PK2135", "多楔带", "21.36×2135", "条", 8800},
		{"31110-3D650", "燃油泵总成", "12V/3bar", "个", 42500},
		{"B8517-ZX", "轮毂轴承", "43×82×45", "个", 15800},
		{"1J0 819 644A", "空调滤芯", "258×282×30", "只", 3200},
		{"51360-SWA-E01", "下摆臂 左", "CR-V 07-11", "件", 31800},
		{"H7-12V55W", "卤素灯泡", "PX26d", "只", 1650},
	},
	"chip": {
		{"RC0603FR-0710KL", "贴片电阻", "10kΩ ±1% 0603", "盘", 3500},
		{"GRM188R71H104KA93D", "贴片电容", "0.1uF 50V X7R", "盘", 7800},
		{"STM32F103C8T6", "单片机", "LQFP-48", "片", 985},
		{"SS34-DO214AC", "肖特基二极管", "3A/40V", "只", 12},
		{"AMS1117-3.3", "稳压器", "SOT-223", "只", 28},
		{"TPS5430DDAR", "降压芯片", "SOIC-8", "片", 620},
		{"XH2.54-4P", "连接器", "4P 直针", "个", 15},
		{"74HC595D118", "移位寄存器", "SO16", "片", 88},
		{"LM2596S-5.0", "开关稳压", "TO-263-5", "片", 310},
		{"USB-C-16PIN-B", "座子", "沉板1.6mm", "个", 46},
	},
	"build": {
		{"JC-001-25", "PPR热水管", "De25×4.2 S2.5", "根", 1980},
		{"JC-002-32", "PPR弯头90°", "De32", "个", 420},
		{"DX-BV2.5R", "铜芯电线BV", "2.5mm² 100m/卷", "卷", 21800},
		{"DX-BV4.0B", "铜芯电线BV", "4mm² 蓝", "卷", 33600},
		{"QT800-W03", "抛釉砖", "800×800×11", "片", 4850},
		{"TL-18L-N2", "内墙乳胶漆", "18L 哑光白", "桶", 41500},
		{"SJ42.5R", "普通硅酸盐水泥", "P·O 42.5", "吨", 46000},
		{"LW-HRB400E-16", "螺纹钢", "Φ16 L=12m", "吨", 412000},
		{"FS-3MM-P", "SBS防水卷材", "3mm 10㎡/卷", "卷", 19500},
		{"GB10-12.5", "纸面石膏板", "1200×3000×9.5", "张", 3250},
	},
	"office": {
		{"AS-7801", "复印纸A4", "70g 500张×8包", "箱", 15800},
		{"AS-7802", "复印纸A3", "80g 500张×5包", "箱", 21900},
		{"HP-CF277A", "硒鼓", "77A 黑", "支", 86800},
		{"CL-0.5-BK", "中性笔", "0.5mm 黑 12支", "盒", 1450},
		{"DL-5546", "长尾夹", "25mm 48只", "筒", 980},
		{"DL-9350", "文件盒", "A4 55mm 蓝", "个", 1280},
		{"LX-P2-U16", "U盘", "128GB USB3.2", "只", 4990},
		{"BT-9V-6LR61", "碱性电池", "9V", "粒", 1150},
		{"KY-300Q", "抽纸", "3层120抽×18包", "提", 3350},
		{"MT-60-B", "拖把", "60cm 棉", "把", 2680},
	},
	"garment": {
		{"A2603-01-165", "圆领T恤", "白 M 165/88A", "件", 3900},
		{"A2603-01-170", "圆领T恤", "白 L 170/92A", "件", 3900},
		{"B7715-BK-30", "工装裤", "黑 30码", "条", 8600},
		{"B7715-KH-32", "工装裤", "卡其 32码", "条", 8600},
		{"F0810-NV", "冲锋衣", "藏青 XL", "件", 21800},
		{"S2201-42", "劳保鞋", "42码 6KV绝缘", "双", 13500},
		{"H0091", "棒球帽", "均码 刺绣", "顶", 1680},
		{"ZP-40S-R12", "精梳棉布", "40S×40S 57\"", "米", 1260},
		{"YK-5#-60", "尼龙拉链", "5# 60cm", "条", 145},
		{"TX-402-W80", "涤纶线", "40/2 3000码", "个", 520},
	},
	"lab": {
		{"TIP-200-Y", "黄吸头", "200μl 1000支/包", "包", 1850},
		{"TIP-1000-B", "蓝吸头", "1ml 500支", "包", 2300},
		{"CT-15-S", "离心管", "15ml 灭菌 50支", "包", 3600},
		{"PD-90", "培养皿", "Φ90×15mm 10套", "箱", 26000},
		{"GF-47-0.45", "滤膜", "Φ47mm 0.45μm", "盒", 8800},
		{"NB-1001-XS", "丁腈手套", "XS 100只", "盒", 4200},
		{"AR500-C2H6O", "无水乙醇", "AR 500ml", "瓶", 1200},
		{"HCL-GR-2.5L", "盐酸", "GR 2.5L", "瓶", 5600},
		{"BK-250-33", "烧杯", "250ml 3.3料", "个", 950},
		{"PH-4.00-250", "缓冲液", "pH4.00 250ml", "瓶", 3800},
	},
	"farm": {
		{"NF15-15-15", "复合肥", "15-15-15 40kg", "袋", 15500},
		{"NF46-N", "尿素", "46% 50kg", "袋", 11800},
		{"NY-CDC20", "草铵膦", "200g/L 1L×12", "件", 21600},
		{"NY-BCL10", "吡虫啉", "10% 20g×200", "件", 18000},
		{"ZZ-ZD958", "玉米种", "郑单958 4500粒", "袋", 5200},
		{"MF-1.2X0.008", "地膜", "1.2m×0.008mm", "公斤", 1380},
		{"DG-16-0.3", "滴灌带", "Φ16 间距0.3m 1500m", "卷", 24500},
		{"SL-551P", "猪配合饲料", "551 40kg", "包", 14200},
		{"PW-3WBD-20", "电动喷雾器", "20L 12V8Ah", "台", 18500},
		{"WS-50-GRN", "遮阳网", "6针 8m×50m", "卷", 33000},
	},
}

var tradeNames = []string{"food", "parts", "chip", "build", "office", "garment", "lab", "farm"}

var (
	firms    = []string{"云岭商贸有限公司", "湘江汽配经营部", "启明电子科技（苏州）有限公司", "宏远建设集团第三项目部", "晨光小学总务处", "织锦坊服饰厂", "东岭大学化学学院", "丰禾农资合作社", "鑫隆物业管理处", "海悦大酒店采购部"}
	people   = []string{"周晓燕", "马建军", "欧阳明", "林师傅", "郭经理", "唐雨薇", "何志强", "沈老师", "彭大海", "罗小姐"}
	streets  = []string{"望江路66号2栋1单元", "临港大道1188号B座", "科创园5幢302室", "建设北路27-1号", "迎宾大道9号后门", "新华村工业区12号仓"}
	fonts    = []string{"Noto Sans CJK SC", "Noto Serif CJK SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "AR PL UMing CN", "LXGW WenKai"}
	prefixes = []string{"PO", "CG", "DD", "SQ-", "HT", "No.2026-"}
)

// chance is the source of a picture's contents.
type chance struct{ *rand.Rand }

func (c chance) of(list []string) string { return list[c.IntN(len(list))] }

func (c chance) digits(n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(strconv.Itoa(c.IntN(10)))
	}
	return b.String()
}

func (c chance) phone() string { return c.of([]string{"1380000", "1390000"}) + c.digits(4) }
func (c chance) landline() string {
	return fmt.Sprintf("0%d-%d%s", 510+c.IntN(89), 2+c.IntN(7), c.digits(7))
}
func (c chance) order() string { return c.of(prefixes) + c.digits(6+c.IntN(4)) }

func (c chance) date() string {
	m, d := 1+c.IntN(12), 1+c.IntN(28)
	switch c.IntN(4) {
	case 0:
		return fmt.Sprintf("2026-%02d-%02d", m, d)
	case 1:
		return fmt.Sprintf("2026/%d/%d", m, d)
	case 2:
		return fmt.Sprintf("2026年%d月%d日", m, d)
	}
	return fmt.Sprintf("2026.%02d.%02d", m, d)
}

func (c chance) quantity() int {
	return []int{c.IntN(9) + 1, c.IntN(40) + 2, (c.IntN(30) + 1) * 10, (c.IntN(40) + 1) * 50, c.IntN(3000) + 12}[c.IntN(5)]
}

// some are n different goods of a trade.
func (c chance) some(trade string, n int) []goods {
	all := trades[trade]
	var out []goods
	for _, i := range c.Perm(len(all))[:min(n, len(all))] {
		out = append(out, all[i])
	}
	return out
}

// yuan writes cents as money.
func yuan(cents int, thousands bool) string {
	s := fmt.Sprintf("%d", cents/100)
	if thousands {
		for i := len(s) - 3; i > 0; i -= 3 {
			s = s[:i] + "," + s[i:]
		}
	}
	return fmt.Sprintf("%s.%02d", s, cents%100)
}
