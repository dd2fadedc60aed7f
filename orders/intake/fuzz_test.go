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

	"orderbot/orders/intake"
)

var (
	number  = regexp.MustCompile(`^(0|[1-9]\d*)(\.\d*[1-9])?$`)
	askPath = regexp.MustCompile(`^orders\[(\d+)\]\.(?:(lines)(?:\[(\d+)\]\.(product|quantity|unit|price))?|customer|deliver_by)$`)
)

// valid checks a result against the reading contract.
func valid(t require.TestingT, res intake.Result) {
	require.Empty(t, res.Error)
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
		asked[a.Field] = true
	}
	for n, o := range res.Orders {
		path := "orders[" + strconv.Itoa(n) + "]."
		if o.Customer == "" {
			require.True(t, asked[path+"customer"])
		} else {
			require.Contains(t, []string{"D1", "D2", "D3", "D4"}, o.Customer)
		}
		if o.DeliverBy != "" && !strings.Contains(o.DeliverBy, "T") {
			_, err := time.Parse(time.DateOnly, o.DeliverBy)
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

func FuzzRead(f *testing.F) {
	x := shop(f)
	for _, s := range []string{
		"白醋3件", "望江楼 白醋3件 明天要", "白T恤S、M、L各20件", "2箱零3盒", "买10送1", "合计150元", "陶经理 3/11 9:02\n白醋", "【聊天记录】\n陶经理：白醋3件", "不要了", "M的", "改成5件",
		"送滨江路8号 陶经理收13800009001", "一万三只", "十多件", "下周", "（", "1寸半", "8*30*3箱", "½", "①②", "\n\n：", "照上次的来", "4.7K一盘", "ＳＦ１４０００", "週五",
	} {
		f.Add(s, "5件")
	}
	at := wednesday(f)
	f.Fuzz(func(t *testing.T, one, two string) {
		if len(one)+len(two) > 4000 {
			return
		}
		var thread *intake.Thread
		var res intake.Result
		for _, text := range []string{one, two} {
			res, thread = x.Read(intake.Message{ID: "m", Time: at, Role: intake.RoleCustomer, Customer: "D1", Text: text}, thread)
			valid(t, res)
		}
		res, _ = x.Read(intake.Message{ID: "m", Time: at, Role: intake.RoleSales, Text: one}, nil)
		valid(t, res)
	})
}

// Words of the trade in any order must never break the contract.
func TestAnyWordsKeepTheContract(t *testing.T) {
	t.Parallel()
	x := shop(t)
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
			valid(rt, res)
		}
	})
}
