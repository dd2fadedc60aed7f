package intake_test

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderbot/orders"
	"orderbot/orders/intake"
)

var (
	number    = regexp.MustCompile(`^(0|[1-9]\d*)(\.\d*[1-9])?$`)
	fieldPath = regexp.MustCompile(`^orders\[(\d+)\]\.(?:lines(?:\[(\d+)\]\.)?)?\w*$`)
	askPath   = regexp.MustCompile(`^orders\[(\d+)\]\.(?:(lines)(?:\[(\d+)\]\.(product|quantity|unit|price))?|customer|deliver_by|phone|address|po)$`)
)

// contract checks results against the reading contract and the master data.
type contract struct {
	products  map[string]*orders.Product
	customers map[string]bool
}

func newContract(m *orders.Master) *contract {
	c := &contract{map[string]*orders.Product{}, map[string]bool{}}
	for i := range m.Products {
		c.products[string(m.Products[i].Code)] = &m.Products[i]
	}
	for i := range m.Customers {
		c.customers[string(m.Customers[i].Code)] = true
	}
	return c
}

// valid checks what msg was read as.
func (c *contract) valid(t require.TestingT, msg intake.Message, res intake.Result) {
	require.Empty(t, res.Error)
	require.Equal(t, msg.ID, res.ID)
	for _, code := range res.Mentions {
		require.Contains(t, c.products, string(code))
	}
	if told, ok := res.Explain.([]intake.Explanation); ok {
		for _, e := range told {
			m := fieldPath.FindStringSubmatch(e.Field)
			require.NotNil(t, m, e.Field)
			n, _ := strconv.Atoi(m[1])
			require.Less(t, n, len(res.Orders), e.Field)
			if m[2] != "" {
				k, _ := strconv.Atoi(m[2])
				require.Less(t, k, len(res.Orders[n].Lines), e.Field)
			}
			if e.Source != nil && e.Source.Message == msg.ID {
				require.GreaterOrEqual(t, e.Source.From, 0)
				require.Less(t, e.Source.From, e.Source.To)
				require.LessOrEqual(t, e.Source.To, len([]rune(msg.Text)))
			}
		}
	}
	require.Contains(t, []intake.Intent{
		intake.IntentOrder, intake.IntentChange, intake.IntentCancel, intake.IntentStatus, intake.IntentReturn, intake.IntentUrge, intake.IntentInquiry,
		intake.IntentConfirm, intake.IntentDeny, intake.IntentOther,
	}, res.Intent)
	if !res.Intent.HasRef() {
		require.Empty(t, res.Ref)
	}
	if res.Intent != intake.IntentOrder && res.Intent != intake.IntentChange {
		require.Empty(t, res.Orders)
	}
	asked := map[string]bool{}
	for _, a := range res.Asks {
		m := askPath.FindStringSubmatch(a.Field)
		require.NotNil(t, m, a.Field)
		n, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		require.Less(t, n, len(res.Orders), a.Field)
		if m[3] != "" {
			k, err := strconv.Atoi(m[3])
			require.NoError(t, err)
			require.Less(t, k, len(res.Orders[n].Lines), a.Field)
		}
		require.Contains(t, []string{intake.ReasonAmbiguous, intake.ReasonUnknown, intake.ReasonMissing, intake.ReasonConflict, intake.ReasonUnusual}, a.Reason)
		require.NotEmpty(t, a.Text)
		require.False(t, asked[a.Field], "%s is asked about twice", a.Field)
		asked[a.Field] = true
		for _, o := range a.Options {
			switch {
			case strings.HasSuffix(a.Field, ".product"):
				require.Contains(t, c.products, o)
			case strings.HasSuffix(a.Field, ".customer"):
				require.Contains(t, c.customers, o)
			}
		}
	}
	for n, o := range res.Orders {
		path := "orders[" + strconv.Itoa(n) + "]."
		if o.Customer == "" {
			require.True(t, asked[path+"customer"])
		} else {
			require.Contains(t, c.customers, o.Customer)
		}
		if o.DeliverBy != "" {
			layout := time.DateOnly
			if strings.Contains(o.DeliverBy, "T") {
				layout = time.RFC3339
			}
			_, err := time.Parse(layout, o.DeliverBy)
			require.NoError(t, err)
		}
		for k, l := range o.Lines {
			at := path + "lines[" + strconv.Itoa(k) + "]."
			for _, v := range []string{l.Quantity, l.BaseQuantity, l.Price} {
				if v != "" {
					require.Regexp(t, number, v)
				}
			}
			if l.Product == "" {
				require.True(t, asked[at+"product"], "line %d", k)
				require.Empty(t, l.BaseQuantity)
				continue
			}
			require.Contains(t, c.products, l.Product)
			if l.Gift {
				require.Empty(t, l.Price)
			}
			if l.BaseQuantity != "" {
				size, has := c.products[l.Product].UnitSize(l.Unit)
				require.True(t, has, "%s has no %s", l.Product, l.Unit)
				base, want := decimal.RequireFromString(l.BaseQuantity), decimal.RequireFromString(l.Quantity).Mul(size)
				// what a pack written as 0.0333 of a base unit leaves over is taken away
				require.True(t, base.Sub(want).Abs().LessThanOrEqual(want.Mul(decimal.New(2, -3)).Add(decimal.New(1, -6))), "%s %s is not %s", l.Quantity, l.Unit, l.BaseQuantity)
			}
			if l.Quantity == "" {
				require.True(t, asked[at+"quantity"])
			}
			if l.Unit == "" {
				require.True(t, asked[at+"unit"] || asked[at+"quantity"])
			}
			if l.Quantity != "" && l.Unit != "" && l.BaseQuantity == "" {
				require.True(t, asked[at+"unit"] || asked[at+"quantity"])
			}
			if l.BaseQuantity != "" {
				require.True(t, decimal.RequireFromString(l.BaseQuantity).IsPositive())
			}
		}
	}
	_, err := json.Marshal(res)
	require.NoError(t, err)
}

// FuzzRead reads any two messages in one conversation, by a customer and by a salesperson: never a panic, always the contract.
func FuzzRead(f *testing.F) {
	m := shopData(f)
	x, c := intake.NewLexicon(m), newContract(m)
	for _, text := range longMessages(f) {
		f.Add(text, "M的")
	}
	for _, s := range []string{
		"白醋3件", "望江楼 白醋3件 明天要", "白T恤S、M、L各20件", "2箱零3盒", "买10送1", "合计150元", "陶经理 3/11 9:02\n白醋", "【聊天记录】\n陶经理：白醋3件", "不要了", "M的", "改成5件",
		"送滨江路8号 陶经理收13800009001", "一万三只", "十多件", "下周", "（", "1寸半", "8*30*3箱", "½", "①②", "\n\n：", "照上次的来", "4.7K一盘", "ＳＦ１４０００", "週五",
	} {
		f.Add(s, "5件")
	}
	at := wednesday(f)
	f.Fuzz(func(t *testing.T, one, two string) {
		if len(one)+len(two) > 8000 {
			return
		}
		var thread *intake.Thread
		var res intake.Result
		for _, text := range []string{one, two} {
			msg := intake.Message{ID: "m", Time: at, Role: intake.RoleCustomer, Customer: "D1", Text: text}
			res, thread = x.Read(msg, thread)
			c.valid(t, msg, res)
		}
		msg := intake.Message{ID: "m", Time: at, Role: intake.RoleSales, Text: one}
		res, _ = x.Read(msg, nil)
		c.valid(t, msg, res)
	})
}

// Words of the trade in any order must never break the contract.
func TestAnyWordsKeepTheContract(t *testing.T) {
	t.Parallel()
	m := shopData(t)
	x, c := intake.NewLexicon(m), newContract(m)
	words := strings.Split("白醋|T恤|白T恤M|刹车片|豆油20升|WJ-002|0805 10K|鸡胸|3件|两箱|一打|半袋|十多瓶|500ml|50片的|1寸的|300|*5|2箱零3瓶|各|每样|送|赠|买10送1|单价5|12块一盒|合计150元|一共6件|不要了|算了|改成|换成|再加|哦不|不对|减半|来一些|明天|周五前|48小时内|25号|下周|下午3点|顺丰|EMS别用|月结|加急|望江楼|老灶|陶经理|13800009001|送到滨江路8号|收|SO20260303002|PO:HR0323|多少钱|有货吗|催一下|取消|能退吗|老样子|[图片]|（|）|，|。|\n|：| |、|的|要|和|都", "|")
	at := wednesday(t)
	rapid.Check(t, func(rt *rapid.T) {
		var thread *intake.Thread
		for range rapid.IntRange(1, 3).Draw(rt, "messages") {
			text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 14).Draw(rt, "words"), "")
			role := rapid.SampledFrom([]string{intake.RoleSales, intake.RoleCustomer}).Draw(rt, "role")
			msg := intake.Message{ID: "m", Time: at, Role: role, Text: text}
			if role == intake.RoleCustomer {
				msg.Customer = "D1"
			}
			var res, again intake.Result
			again, _ = x.Read(msg, thread)
			res, thread = x.Read(msg, thread)
			require.Equal(rt, again, res)
			c.valid(rt, msg, res)
		}
	})
}
