package intake_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
)

// talk sends messages of one conversation and returns what the last was read as.
func talk(t *testing.T, x *intake.Lexicon, role string, texts ...string) intake.Result {
	t.Helper()
	customer := "D1"
	if role == intake.RoleSales {
		customer = ""
	}
	var thread *intake.Thread
	var res intake.Result
	for _, text := range texts {
		res, thread = x.Read(intake.Message{ID: "m", Time: wednesday(t), Role: role, Customer: customer, Text: text}, thread)
		b, err := json.Marshal(thread)
		require.NoError(t, err)
		back := &intake.Thread{}
		require.NoError(t, json.Unmarshal(b, back))
		again, err := json.Marshal(back)
		require.NoError(t, err)
		require.JSONEq(t, string(b), string(again))
		thread = back
	}
	return res
}

func TestConversations(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for name, c := range map[string]struct {
		texts  []string
		intent intake.Intent
		lines  string
	}{
		"answer with the size":        {[]string{"T恤白色20件，白醋3件", "M的"}, intake.IntentChange, "T2 20件=20, F8 3件=36"},
		"answer with a word":          {[]string{"大豆油5桶", "20升的"}, intake.IntentChange, "F2 5桶=5"},
		"answer by number":            {[]string{"刹车片5套", "第二个"}, intake.IntentChange, "V3 5套=5"},
		"answer with the quantity":    {[]string{"白醋来一些", "5件"}, intake.IntentChange, "F8 5件=60"},
		"answer with a gift":          {[]string{"白醋", "3件送3件"}, intake.IntentChange, "F8 3件=36, +F8 3件=36"},
		"answer with the unit":        {[]string{"白醋3箱", "件"}, intake.IntentChange, "F8 3件=36"},
		"yes to an unusual quantity":  {[]string{"鸡胸60件", "对，就是60件"}, intake.IntentConfirm, ""},
		"no, then the right quantity": {[]string{"鸡胸60件", "不是，打错了", "6件"}, intake.IntentChange, "F5 6件=60"},
		"change and add":              {[]string{"白醋3件", "白醋改5件吧，再加土豆两袋"}, intake.IntentChange, "F8 5件=60, F6 2袋=50"},
		"more and half":               {[]string{"白醋30件，土豆20袋", "白醋加到45件，土豆减半"}, intake.IntentChange, "F8 45件=540, F6 10袋=250"},
		"less":                        {[]string{"白醋3件，土豆2袋", "白醋减一件吧"}, intake.IntentChange, "F8 2件=24, F6 2袋=50"},
		"less, another word":          {[]string{"白醋3件，土豆2袋", "土豆去掉1袋，白醋少一件"}, intake.IntentChange, "F8 2件=24, F6 1袋=25"},
		"less all there is":           {[]string{"白醋3件，土豆2袋", "土豆减掉2袋"}, intake.IntentChange, "F8 3件=36"},
		"more, in one syllable":       {[]string{"白醋3件，土豆2袋", "白醋加1件，土豆多一袋"}, intake.IntentChange, "F8 4件=48, F6 3袋=75"},
		"more of the same":            {[]string{"白醋3件，土豆2袋", "还要白醋1件"}, intake.IntentChange, "F8 4件=48, F6 2袋=50"},
		"less, one line":              {[]string{"白醋3件", "少一件"}, intake.IntentChange, "F8 2件=24"},
		"the amount, with a space":    {[]string{"白醋3件", "数量改成 10"}, intake.IntentChange, "F8 10件=120"},
		"the amount alone":            {[]string{"白醋3件", "等下，数量应该是10"}, intake.IntentChange, "F8 10件=120"},
		"all lines at once":           {[]string{"白醋3件，土豆2袋", "都改成5"}, intake.IntentChange, "F8 5件=60, F6 5袋=125"},
		"all lines, twice":            {[]string{"白醋3件，土豆2袋", "全部翻倍"}, intake.IntentChange, "F8 6件=72, F6 4袋=100"},
		"all counts, twice":           {[]string{"白醋3件，土豆2袋", "数量都翻倍"}, intake.IntentChange, "F8 6件=72, F6 4袋=100"},
		"the one count, twice":        {[]string{"白醋3件", "数量翻倍"}, intake.IntentChange, "F8 6件=72"},
		"a line by its number":        {[]string{"白醋3件，土豆2袋", "第二个改成4袋"}, intake.IntentChange, "F8 3件=36, F6 4袋=100"},
		"the last line":               {[]string{"白醋3件，土豆2袋", "最后一个不要了"}, intake.IntentChange, "F8 3件=36"},
		"only these":                  {[]string{"白醋3件，土豆2袋", "只要白醋"}, intake.IntentChange, "F8 3件=36"},
		"not this, that":              {[]string{"白醋3件，土豆2袋", "土豆不是2袋，是4袋"}, intake.IntentChange, "F8 3件=36, F6 4袋=100"},
		"counted wrong":               {[]string{"白醋3件，土豆2袋", "等等，土豆我算错了，是4袋"}, intake.IntentChange, "F8 3件=36, F6 4袋=100"},
		"the line of that unit":       {[]string{"白醋3件，土豆2袋", "改成4袋"}, intake.IntentChange, "F8 3件=36, F6 4袋=100"},
		"the price of a line":         {[]string{"白醋3件，土豆2袋", "白醋价格改成60"}, intake.IntentChange, "F8 3件=36@60, F6 2袋=50"},
		"a slip of the hand":          {[]string{"鸡胸60件", "手抖手抖 6件"}, intake.IntentChange, "F5 6件=60"},
		"an option's number":          {[]string{"刹车片5套", "2"}, intake.IntentChange, "V3 5套=5"},
		"an option's number, chosen":  {[]string{"刹车片5套", "选2吧"}, intake.IntentChange, "V3 5套=5"},
		"the quantity with the name":  {[]string{"白醋来一些，土豆2袋", "白醋要5件"}, intake.IntentChange, "F8 5件=60, F6 2袋=50"},
		"take away":                   {[]string{"白醋3件，土豆2袋", "土豆不要了，其他照发"}, intake.IntentChange, "F8 3件=36"},
		"swap":                        {[]string{"黑水笔5盒", "黑的换成红的"}, intake.IntentChange, "O4 5盒=60"},
		"another kind":                {[]string{"复印纸A4 70g 2箱，对吧？", "不对不对，复印纸要80克的"}, intake.IntentChange, "O2 2箱=10"},
		"just a number":               {[]string{"白醋3件", "5件"}, intake.IntentChange, "F8 5件=60"},
		"that is right":               {[]string{"白醋3件", "行，就这么定"}, intake.IntentConfirm, ""},
		"never mind":                  {[]string{"白醋3件", "刚才那单先取消吧"}, intake.IntentCancel, ""},
		"nothing was mistyped":        {[]string{"鸡胸60件", "没写错，就60，三条线一块儿用"}, intake.IntentConfirm, ""},
		"the whole order is off":      {[]string{"白醋3件", "整单撤了吧，仓库里又翻出来几件"}, intake.IntentCancel, ""},
		"half of either":              {[]string{"中性笔10盒", "一半黑一半红"}, intake.IntentChange, "O3 5盒=60, O4 5盒=60"},
		"small talk in between":       {[]string{"白醋3件", "谢谢老板"}, intake.IntentOther, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := talk(t, x, intake.RoleCustomer, c.texts...)
			require.Equal(t, c.intent, res.Intent)
			require.Equal(t, c.lines, lines(res), asks(res))
			require.Empty(t, res.Asks)
		})
	}
}

func TestChangesOfTheRest(t *testing.T) {
	t.Parallel()
	x := shop(t)
	res := talk(t, x, intake.RoleCustomer, "白醋3件，周五要", "周五不行，提前到周四上午吧", "送滨江路8号后门，陶经理收，走中通")
	require.Equal(t, intake.IntentChange, res.Intent)
	require.Equal(t, intake.Draft{
		Customer: "D1", Lines: []intake.Line{{Product: "F8", Quantity: "3", Unit: "件", BaseQuantity: "36"}},
		DeliverBy: "2026-03-12T12:00:00+08:00", Urgent: true, Carrier: "ZTO", Contact: "陶经理", Address: "滨江路8号后门",
	}, res.Orders[0])
	res = talk(t, x, intake.RoleSales, "老灶要白醋3件", "南城的")
	require.Equal(t, intake.IntentChange, res.Intent)
	require.Equal(t, "D3", res.Orders[0].Customer)
	require.Empty(t, res.Asks)
	res = talk(t, x, intake.RoleSales, "望江楼 白醋3件", "不好意思发错了，那是瑞丰制衣的")
	require.Equal(t, intake.IntentChange, res.Intent)
	require.Equal(t, "D4", res.Orders[0].Customer)
	require.Equal(t, "F8 3件=36", lines(res))
}

func TestReadChangesNeitherArgument(t *testing.T) {
	t.Parallel()
	x := shop(t)
	_, thread := x.Read(intake.Message{ID: "1", Time: wednesday(t), Role: intake.RoleCustomer, Customer: "D1", Text: "T恤白色20件，白醋3件"}, nil)
	before, err := json.Marshal(thread)
	require.NoError(t, err)
	for _, text := range []string{"M的", "白醋改5件", "不要了", "再加土豆两袋", "对", "取消"} {
		x.Read(intake.Message{ID: "2", Time: wednesday(t), Role: intake.RoleCustomer, Customer: "D1", Text: text}, thread)
	}
	after, err := json.Marshal(thread)
	require.NoError(t, err)
	require.JSONEq(t, string(before), string(after))
}

// An amount that may be of several goods of the draft changes nothing and is asked about.
func TestAmountOfWhichGoods(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for _, text := range []string{"改成5件", "5件", "加1件", "数量翻倍", "那数量减半吧"} {
		res := talk(t, x, intake.RoleCustomer, "白醋3件，鸡胸2件", text)
		require.Equal(t, intake.IntentChange, res.Intent, text)
		require.Equal(t, "F8 3件=36, F5 2件=20", lines(res), text)
		require.Equal(t, "orders[0].lines ambiguous", asks(res), text)
	}
}

// An answer that leaves several goods to choose from is asked about again, and an amount meanwhile changes the line.
func TestAnswerThatLeavesSeveral(t *testing.T) {
	t.Parallel()
	x := crowded(t)
	for _, c := range [][]string{{"球阀DN25 20只", "铜的", "30只"}, {"球阀DN25 20只", "30只"}} {
		res := talk(t, x, intake.RoleCustomer, c...)
		require.Equal(t, intake.IntentChange, res.Intent)
		require.Equal(t, "orders[0].lines[0].product ambiguous", asks(res))
		require.Equal(t, "30", res.Orders[0].Lines[0].Quantity)
	}
	require.Equal(t, intake.IntentOther, said(t, x, "1").Intent)
}

// An amount that a picture shows badly is asked about, and saying it again is the answer and no confirmation; of several it answers the
// first, and the others stay open.
func TestADoubtfulAmountSaidAgain(t *testing.T) {
	t.Parallel()
	x := intake.NewLexicon(formMaster())
	const second = "orders[0].lines[1].quantity ambiguous"
	type step struct {
		text   string
		intent intake.Intent
		lines  string
		asks   []string
	}
	for name, c := range map[string]struct {
		doubtful []int // rows
		steps    []step
	}{
		"one, the same": {[]int{1}, []step{{"38盒", intake.IntentChange, "C1: A01 38盒, A03 46包, A04 5瓶", nil}}},
		"one, another":  {[]int{1}, []step{{"36盒", intake.IntentChange, "C1: A01 36盒, A03 46包, A04 5瓶", nil}}},
		"one, without its unit, then yes": {[]int{1}, []step{
			{"38", intake.IntentChange, "C1: A01 38盒, A03 46包, A04 5瓶", nil},
			{"对", intake.IntentConfirm, "", nil},
		}},
		"one, with its goods":          {[]int{1}, []step{{"丁腈手套38盒", intake.IntentChange, "C1: A01 38盒, A03 46包, A04 5瓶", nil}}},
		"another line's amount, again": {[]int{2}, []step{{"丁腈手套38盒", intake.IntentChange, "C1: A01 38盒, A03 46包, A04 5瓶", []string{second}}}},
		"two, one after the other": {[]int{1, 2}, []step{
			{"38盒", intake.IntentChange, "C1: A01 38盒, A03 46包, A04 5瓶", []string{second}},
			{"46包", intake.IntentChange, "C1: A01 38盒, A03 46包, A04 5瓶", nil},
		}},
		"two at once": {[]int{1, 2}, []step{{"38盒，46包", intake.IntentChange, "C1: A01 38盒, A03 46包, A04 5瓶", nil}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := sheet("品名|规格|数量|单位", "丁腈手套|M|38|盒", "医用棉签|10cm|46|包", "碘伏消毒液|500ml|5|瓶")
			var open []string
			for _, row := range c.doubtful {
				p.Tables[0].Rows[row][2].Score = 0.6
				open = append(open, fmt.Sprintf("orders[0].lines[%d].quantity ambiguous", row-1))
			}
			res, thread := x.Read(intake.Message{Time: formTime, Role: intake.RoleCustomer, Customer: "C1", Doc: &page.Document{Kind: page.KindOCR, Pages: []page.Page{p}}}, nil)
			require.Equal(t, open, fields(res.Asks))
			for _, s := range c.steps {
				res, thread = x.Read(intake.Message{Time: formTime, Role: intake.RoleCustomer, Customer: "C1", Text: s.text}, thread)
				require.Equal(t, s.intent, res.Intent, s.text)
				require.Equal(t, s.asks, fields(res.Asks), s.text)
				if s.lines != "" {
					require.Equal(t, []string{s.lines}, brief(res.Orders), s.text)
				}
			}
		})
	}
}

// Words that sound like a change and are none leave the draft as it is, whatever they are taken for.
func TestWordsThatChangeNothing(t *testing.T) {
	t.Parallel()
	x := shop(t)
	const first, was = "白醋3件，土豆2袋，鸡胸6件", "F8 3件=36, F6 2袋=50, F5 6件=60"
	for _, text := range []string{
		"这两样都改成10", "两样都减半", "这两样都不要", "只要土豆新鲜就行", "只要新鲜的土豆", "就要今天送的白醋", "还差1件没到，什么时候送", "家里还有2件", "5件货一起发", "送1件试用的", "我家还有1袋", "上次少一袋",
		"土豆怎么涨到85元一袋了", "土豆市场上75元一袋", "白醋价50，可以吗", "土豆价格改成5月报价", "白醋价格变为8折", "土豆价格改成九折", "价格变成2025年的价", "土豆价格改成2袋一起算", "去掉白醋土豆鸡胸，换成别的",
	} {
		res := talk(t, x, intake.RoleCustomer, first, text)
		require.NotEqual(t, intake.IntentCancel, res.Intent, text)
		require.NotEqual(t, intake.IntentConfirm, res.Intent, text)
		if res.Intent == intake.IntentChange {
			require.Equal(t, was, lines(res), text)
		}
	}
}
