package intake_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/intake"
)

// shop is master data of several trades, written short.
const shopProducts = `
F1|大豆油|一级 5L/桶|桶|箱=4|豆油5升|62
F2|大豆油|一级 20L/桶|桶||豆油20升;大桶豆油|235
F3|五常大米|10kg/袋|袋|吨=100|大米10公斤|88
F4|五常大米|25kg/袋|袋|吨=40|大米25公斤|205
F5|冷冻鸡胸肉|单冻 1kg/袋|袋|件=10;公斤=1|鸡胸|19
F6|土豆|黄心|公斤|袋=25|马铃薯|3.2
F7|鲜鸡蛋|30枚/板|板|箱=12;枚=0.0333333333|鸡蛋|24
F8|白醋|9度 800ml/瓶|瓶|件=12|白醋|5.2
V1|全合成机油|5W-30 4L/桶|桶|箱=6|5W30 4L|188
V2|刹车片|前 四片/套|套|箱=12|前刹车片|135
V3|刹车片|后 四片/套|套|箱=12|后刹车片|120
V4|雨刮片|无骨 24寸|支|盒=10|24寸雨刮|15
V5|雨刮片|无骨 18寸|支|盒=10|18寸雨刮|12
T1|圆领T恤|S 白色|件|箱=100|白T恤S|18
T2|圆领T恤|M 白色|件|箱=100|白T恤M|18
T3|圆领T恤|L 白色|件|箱=100|白T恤L|18
T4|圆领T恤|M 黑色|件|箱=100|黑T恤M|19
T5|缝纫线|402 黑色|个|箱=120;打=10|黑线402|4.5
E1|贴片电阻|0805 10K 1%|只|盘=5000|0805 10K|0.01
E2|贴片电阻|0603 10K 1%|只|盘=5000|0603 10K|0.008
C1|聚合氯化铝|28% 25kg/袋|袋|吨=40|PAC|55
C2|氢氧化钠|99% 25kg/袋|袋|吨=40|片碱;烧碱|82
O1|复印纸|A4 70g 500张/包|包|箱=8|A4纸|19
O2|复印纸|A4 80g 500张/包|包|箱=5|80克A4|24
O3|中性笔|0.5mm 黑|支|盒=12|黑水笔|1.2
O4|中性笔|0.5mm 红|支|盒=12|红水笔|1.2
O5|纸杯|9盎司 50只/条|条|箱=20;只=0.02|一次性纸杯|6
`

const shopCustomers = `
D1|望江楼大酒店|望江楼|临江|陶经理|13800009001|临江市滨江路8号
D2|老灶火锅临江店|老灶;老灶临江|临江|冯店长|13800009002|临江市解放路12号
D3|老灶火锅南城店|老灶;老灶南城|南城|蓝店长|13800009003|南城市步行街3号
D4|瑞丰服装厂|瑞丰制衣|西岭|秋姐|13800009004|西岭市纺织园7栋
`

func shop(t testing.TB) *intake.Lexicon {
	t.Helper()
	return intake.NewLexicon(shopData(t))
}

func shopData(t testing.TB) *orders.Master {
	t.Helper()
	m := &orders.Master{}
	for line := range strings.Lines(shopProducts) {
		f := strings.Split(strings.TrimSpace(line), "|")
		if len(f) < 7 {
			continue
		}
		price := decimal.RequireFromString(f[6])
		p := orders.Product{Code: orders.ProductCode(f[0]), Name: f[1], Spec: f[2], Unit: f[3], Price: &price}
		for k := range strings.SplitSeq(f[4], ";") {
			if u, n, ok := strings.Cut(k, "="); ok {
				p.Packs = append(p.Packs, orders.Pack{Unit: u, Size: decimal.RequireFromString(n)})
			}
		}
		p.Aliases = strings.Split(f[5], ";")
		m.Products = append(m.Products, p)
	}
	for line := range strings.Lines(shopCustomers) {
		f := strings.Split(strings.TrimSpace(line), "|")
		if len(f) < 7 {
			continue
		}
		m.Customers = append(m.Customers, orders.Customer{
			Code: orders.CustomerCode(f[0]), Name: f[1], Aliases: strings.Split(f[2], ";"), Region: f[3], Contact: f[4], Phone: f[5], Address: f[6],
		})
	}
	price := decimal.NewFromInt(230)
	m.Items = []orders.CustomerItem{{Customer: "D1", Item: "WJ-002", Product: "F2", Price: &price}, {Customer: "D1", Item: "WJ-005", Product: "F5"}}
	m.History = []orders.HistoryLine{
		{Customer: "D1", Order: "SO1", Date: "2026-01-05", Product: "F3", Quantity: decimal.NewFromInt(3), Unit: "袋"},
		{Customer: "D1", Order: "SO2", Date: "2026-02-20", Product: "F2", Quantity: decimal.NewFromInt(10), Unit: "桶"},
		{Customer: "D1", Order: "SO2", Date: "2026-02-20", Product: "F5", Quantity: decimal.NewFromInt(5), Unit: "件"},
	}
	return m
}

// wednesday is 11 March 2026, 10:24 in Beijing.
func wednesday(t testing.TB) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, "2026-03-11T10:24:00+08:00")
	require.NoError(t, err)
	return at
}

// said reads one message that D1 writes.
func said(t testing.TB, x *intake.Lexicon, text string) intake.Result {
	t.Helper()
	res, _ := x.Read(intake.Message{ID: "m", Time: wednesday(t), Role: intake.RoleCustomer, Customer: "D1", Text: text}, nil)
	return res
}

// forwarded reads one message that a salesperson sends.
func forwarded(t testing.TB, x *intake.Lexicon, text string) intake.Result {
	t.Helper()
	res, _ := x.Read(intake.Message{ID: "m", Time: wednesday(t), Role: intake.RoleSales, Text: text}, nil)
	return res
}

// lines writes the lines of the orders as "F1 2箱=8"; a gift has a +, a price an @.
func lines(res intake.Result) string {
	var orders []string
	for _, o := range res.Orders {
		var out []string
		for _, l := range o.Lines {
			s := l.Product + " " + l.Quantity + l.Unit + "=" + l.BaseQuantity
			if l.Price != "" {
				s += "@" + l.Price
			}
			if l.Gift {
				s = "+" + s
			}
			out = append(out, s)
		}
		orders = append(orders, strings.Join(out, ", "))
	}
	return strings.Join(orders, " | ")
}

// asks writes the questions as "field reason".
func asks(res intake.Result) string {
	var out []string
	for _, a := range res.Asks {
		out = append(out, a.Field+" "+a.Reason)
	}
	return strings.Join(out, ", ")
}
