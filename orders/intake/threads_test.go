package intake_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
)

func TestOrdersOfTheirOwnInAConversation(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for name, c := range map[string]struct {
		role  string
		texts []string
		who   string
		lines string
		asks  string
	}{
		"the same customer named again":        {intake.RoleSales, []string{"望江楼 大豆油5桶", "望江楼 土豆2袋"}, "D1", "F6 2袋=50", ""},
		"another customer while a question is": {intake.RoleSales, []string{"望江楼 大豆油5桶", "瑞丰制衣 五常大米10公斤的3袋"}, "D4", "F3 3袋=3", ""},
		"a customer after a draft without one": {intake.RoleSales, []string{"大豆油5桶", "望江楼 土豆2袋"}, "D1", "F6 2袋=50", ""},
		"other goods while a question is open": {intake.RoleSales, []string{"望江楼 大豆油5桶", "土豆2袋，白醋3件 80一件"}, "", "F6 2袋=50, F8 3件=36@80", "orders[0].customer missing"},
		"a greeting from a salesperson":        {intake.RoleSales, []string{"望江楼 白醋3件", "你好，土豆2袋"}, "", "F6 2袋=50", "orders[0].customer missing"},
		"a greeting from a customer":           {intake.RoleCustomer, []string{"刹车片5套", "您好，土豆2袋"}, "D1", "F6 2袋=50", ""},
		"another customer's contact orders":    {intake.RoleSales, []string{"望江楼 白醋3件", "冯店长要土豆2袋"}, "D2", "F6 2袋=50", ""},
		"a customer names itself":              {intake.RoleCustomer, []string{"白醋3件", "望江楼 土豆2袋"}, "D1", "F6 2袋=50", ""},
		"a price of its own":                   {intake.RoleSales, []string{"望江楼 白醋3件", "望江楼 白醋5件 66一件"}, "D1", "F8 5件=60@66", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := talk(t, x, c.role, c.texts...)
			require.Equal(t, intake.IntentOrder, res.Intent)
			require.Equal(t, c.who, res.Orders[0].Customer)
			require.Equal(t, c.lines, lines(res))
			require.Equal(t, c.asks, asks(res))
		})
	}
}

func TestChangesStayChangesInASalespersonsChat(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for name, c := range map[string]struct {
		texts []string
		lines string
	}{
		"more with the customer's name":   {[]string{"望江楼 白醋3件", "望江楼再加土豆2袋"}, "F8 3件=36, F6 2袋=50"},
		"more while a question is open":   {[]string{"望江楼 大豆油5桶", "还有土豆2袋"}, " 5桶=, F6 2袋=50"},
		"a word between":                  {[]string{"望江楼 刹车片5套", "白醋加3件"}, " 5套=, F8 3件=36"},
		"changed with the name":           {[]string{"望江楼 白醋3件", "望江楼白醋改5件"}, "F8 5件=60"},
		"instead with the name":           {[]string{"望江楼 白醋3件", "望江楼的白醋不要了，换土豆2袋"}, "F6 2袋=50"},
		"the named one of two drafts":     {[]string{"望江楼 白醋3件，瑞丰制衣 黑T恤M 20件", "望江楼再加土豆2袋"}, "F8 3件=36, F6 2袋=50 | T4 20件=20"},
		"the answer names two":            {[]string{"望江楼 刹车片5套", "前的3套后的2套"}, "V2 3套=3, V3 2套=2"},
		"another size instead":            {[]string{"望江楼 大豆油20升的5桶", "豆油改5升的"}, "F1 5桶=5"},
		"what was meant by unknown goods": {[]string{"望江楼 榴莲2箱", "鸡蛋2箱"}, "F7 2箱=24"},
		"an answer with its quantity":     {[]string{"望江楼 大豆油5桶", "20升的5桶"}, "F2 5桶=5"},
		"the customer, said with all":     {[]string{"老灶 白醋3件", "老灶南城 白醋3件"}, "F8 3件=36"},
		"more without any open question":  {[]string{"望江楼 白醋3件", "土豆2袋"}, "F8 3件=36, F6 2袋=50"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := talk(t, x, intake.RoleSales, c.texts...)
			require.Equal(t, intake.IntentChange, res.Intent)
			require.Equal(t, c.lines, lines(res), asks(res))
		})
	}
}

func TestFilesInAConversation(t *testing.T) {
	t.Parallel()
	x := intake.NewLexicon(formMaster())
	draft := func() *intake.Thread {
		_, thread := x.Read(intake.Message{ID: "1", Time: formTime, Role: intake.RoleCustomer, Customer: "C1", Text: "丁腈手套3盒"}, nil)
		require.Len(t, thread.Asks, 1)
		return thread
	}
	read := func(text string, doc page.Document) intake.Result {
		res, _ := x.Read(intake.Message{ID: "2", Time: formTime, Role: intake.RoleCustomer, Customer: "C1", Text: text, Doc: &doc}, draft())
		return res
	}
	sheetDoc := page.Document{Pages: []page.Page{sheet("品名|规格|数量|单位", "医用棉签|10cm|5|包")}}
	note := page.Document{Kind: page.KindOCR, Pages: []page.Page{{Width: 400, Lines: []page.Line{{Text: "医用棉签5包"}}}}}
	for _, doc := range []page.Document{sheetDoc, note} {
		res := read("", doc)
		require.Equal(t, intake.IntentOrder, res.Intent)
		require.Equal(t, []string{"C1: A03 5包"}, brief(res.Orders))
		res = read("再加这些", doc)
		require.Equal(t, intake.IntentChange, res.Intent)
		require.Len(t, res.Orders[0].Lines, 2)
		require.Equal(t, "A03", res.Orders[0].Lines[1].Product)
	}
}

func TestWordsStayWithTheirQuestion(t *testing.T) {
	t.Parallel()
	x := intake.NewLexicon(formMaster())
	doc := page.Document{Pages: []page.Page{sheet("品名|规格|数量|单位", "丁腈手套||3|盒", "医用棉签|10cm|5|包")}}
	msg := intake.Message{ID: "1", Time: formTime, Role: intake.RoleCustomer, Customer: "C1", Doc: &doc}
	_, thread := x.Read(msg, nil)
	res, _ := x.Read(intake.Message{ID: "2", Time: formTime, Role: intake.RoleCustomer, Customer: "C1", Text: "棉签改8包"}, thread)
	require.Equal(t, intake.IntentChange, res.Intent)
	require.Len(t, res.Asks, 1)
	require.Contains(t, res.Asks[0].Text, "「丁腈手套」")
}

func TestTalkLeavesTheDraftAlone(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for _, before := range []string{"望江楼 白醋3件", "望江楼 白醋3箱", "望江楼 鸡胸60件", "望江楼 白醋3件 下周要", "望江楼 白醋来一些", "望江楼 刹车片5套"} {
		for _, text := range []string{"12345678", "周末爬山去不去", "今天天气不错", "明天我请假"} {
			res := talk(t, x, intake.RoleSales, before, text)
			require.Equal(t, intake.IntentOther, res.Intent, "%s / %s", before, text)
			require.Empty(t, res.Orders)
		}
	}
	for text, due := range map[string]string{"周五吧": "2026-03-13", "3月20": "2026-03-20", "改到下周一": "2026-03-16"} {
		res := talk(t, x, intake.RoleSales, "望江楼 白醋3件 下周要", text)
		require.Equal(t, intake.IntentChange, res.Intent, text)
		require.Equal(t, due, res.Orders[0].DeliverBy)
	}
}

func TestGoodsTheCatalogueLacks(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for _, text := range []string{"望江楼要一台挖掘机", "望江楼 一台挖掘机", "望江楼订两个榴莲蛋糕", "望江楼采购5台挖掘机，急用"} {
		res := forwarded(t, x, text)
		require.Equal(t, intake.IntentOrder, res.Intent, text)
		require.Equal(t, "orders[0].lines[0].product unknown", asks(res), text)
	}
	res := said(t, x, "白醋3件，再要一台挖掘机")
	require.Equal(t, "F8 3件=36,  1台=", lines(res))
	require.Equal(t, "orders[0].lines[1].product unknown", asks(res))
	for _, text := range []string{"望江楼要三个工人", "望江楼要一张发票", "来两个人卸货", "昨天来了两台挖掘机", "要两份检验报告", "不要一台挖掘机"} {
		require.NotEqual(t, intake.IntentOrder, forwarded(t, x, text).Intent, text)
	}
	require.Equal(t, intake.IntentInquiry, said(t, x, "要一台挖掘机多少钱").Intent)
}

func TestRefusedGoodsTakeNoOthersAlong(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for text, want := range map[string]string{
		"白T恤M 20件\n白T恤L 10件\n黑T恤M不要了，改白T恤S 5件": "T2 20件=20, T3 10件=10, T1 5件=5",
		"白醋3件，土豆2袋，土豆不要了，改鸡胸5件":                "F8 3件=36, F5 5件=50",
		"白醋3件\n土豆2袋\n榴莲不要了，改鸡蛋5箱":              "F8 3件=36, F6 2袋=50, F7 5箱=60",
		"白醋3件，白醋不要零头":                          "F8 3件=36",
	} {
		require.Equal(t, want, lines(said(t, x, text)), text)
	}
	res := talk(t, x, intake.RoleCustomer, "白醋3件，土豆2袋", "土豆不要了，改成鸡胸5件")
	require.Equal(t, "F8 3件=36, F5 5件=50", lines(res))
}

func TestPastDeadlinesAreAskedAbout(t *testing.T) {
	t.Parallel()
	res := said(t, shop(t), "白醋3件，本周一12点送到")
	require.Equal(t, "orders[0].deliver_by conflict", asks(res))
	require.Contains(t, res.Asks[0].Text, "3月9日 12:00")
	require.False(t, res.Orders[0].Urgent)
	res = readForm("C1", sheet("要求交期|2026-02-02|||", "品名|规格|数量|单位|备注", "丁腈手套|M|3|盒|", "医用棉签|10cm|5|包|"))
	require.Equal(t, "2026-02-02", res.Orders[0].DeliverBy)
	require.Equal(t, "orders[0].deliver_by conflict", asks(res))
	require.False(t, res.Orders[0].Urgent)
}

func TestMoreWaysToSayTheRest(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for text, want := range map[string]intake.Draft{
		"白醋3件，2026.4.2":          {DeliverBy: "2026-04-02"},
		"白醋3件 3月18":              {DeliverBy: "2026-03-18"},
		"白醋3件 2026.4.2送达滨江路8号后门": {DeliverBy: "2026-04-02", Address: "滨江路8号后门"},
		"白醋3件，送至滨江路8号后门":         {Address: "滨江路8号后门"},
		"白醋3件，走中通……算了德邦吧":        {Carrier: "DEPPON"},
		"白醋3件，顺丰到付不要":            {Note: "顺丰到付不要"},
		"白醋3件，电话0371-66778899":   {Phone: "037166778899"},
		"白醋3件，电话：138 0000 9001":  {Phone: "13800009001"},
	} {
		res := said(t, x, text)
		require.Equal(t, "F8 3件=36", lines(res), text)
		want.Customer, want.Lines = "D1", res.Orders[0].Lines
		require.Equal(t, want, res.Orders[0], text)
		require.Empty(t, res.Asks, text)
	}
}

// feature: IN-10
func TestPhonesOfTheWrongLength(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for _, text := range []string{"白醋3件，送滨江路8号 陶经理 1380000900", "白醋3件，送滨江路8号 陶经理 138000090012", "白醋3件，收货人秋姐 电话：138 0000 90012", "白醋3件，电话138000090"} {
		res := said(t, x, text)
		require.Equal(t, "orders[0].phone unknown", asks(res), text)
		require.Contains(t, res.Asks[0].Text, "11位")
		require.Empty(t, res.Orders[0].Phone)
	}
	res := talk(t, x, intake.RoleCustomer, "白醋3件，送滨江路8号 陶经理 1380000900", "13800009001")
	require.Equal(t, "13800009001", res.Orders[0].Phone)
	require.Empty(t, res.Asks)
}

func TestRunsOfSizesWithoutBlanks(t *testing.T) {
	t.Parallel()
	x := shop(t)
	require.Equal(t, "T2 100件=100, T4 50件=50", lines(said(t, x, "白T恤M100黑T恤M50")))
	res := said(t, x, "T恤白M100黑M100")
	require.Equal(t, intake.IntentOrder, res.Intent)
	require.Len(t, res.Orders[0].Lines, 2)
}
