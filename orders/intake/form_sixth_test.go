package intake_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
)

// feature: IN-25
func TestDealsInRemarks(t *testing.T) {
	t.Parallel()
	res := readForm("C1", sheet("品名|规格|数量|单位|单价|备注", "丁腈手套|M|25|盒|25|买10送1", "丁腈手套|L|5|盒|25|买10送1", "医用棉签|10cm|8|包|2|买10送1活动结束了"))
	require.Equal(t, []string{"C1: A01 25盒 @25, A01 2盒, A02 5盒 @25, A03 8包 @2"}, brief(res.Orders))
	require.True(t, res.Orders[0].Lines[1].Gift)
	require.Empty(t, res.Asks)
}

func TestHeadsOfExports(t *testing.T) {
	t.Parallel()
	d := readForm("C1", sheet("采购订单导出|CGDD2603110007||||", "品名|规格|可售库存|采购数量|单位|预计到仓", "丁腈手套|M|36|3|盒|2026/3/17", "丁腈手套|L|20|4|盒|2026/3/17")).Orders[0]
	require.Equal(t, []string{"CGDD2603110007", "2026-03-17"}, []string{d.PO, d.DeliverBy})
	unknown := readForm("C1", sheet("品名|规格|采购数量|单位|预计上架", "丁腈手套|M|3|盒|2026/3/17", "丁腈手套|L|4|盒|2026/3/17"))
	require.Equal(t, []string{"orders[0].deliver_by ambiguous"}, fields(unknown.Asks), "days to come below a head that is not known")
	for _, head := range []string{"失效日期至", "登记于某日期"} {
		require.Empty(t, fields(readForm("C1", sheet("品名|规格|采购数量|单位|"+head, "丁腈手套|M|3|盒|2026/3/17")).Asks), head)
	}
	plain := readForm("C1", sheet("采购订单|青禾医院|||", "品名|规格|数量|单位|备注", "丁腈手套|M|3|盒|")).Orders[0]
	require.Empty(t, plain.PO)
}

func TestQuantitiesThatDoNotAddUpBesideMoneyThatDoes(t *testing.T) {
	t.Parallel()
	rows := []string{"品名|规格|数量|单价|金额", "丁腈手套|M|3盒|25.00|75.00", "医用棉签|10cm|5包|2.00|10.00"}
	require.Equal(t, []string{"orders[0].lines conflict"}, fields(readForm("C1", sheet(append(rows, "合计|^|9盒（包）||85.00")...)).Asks))
	require.Empty(t, readForm("C1", sheet(append(rows, "合计|^|8盒（包）||85.00")...)).Asks)
}

func TestPlacesBehindVerbs(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"交至", "运至", "送至"} {
		p := sheet("品名|规格|数量|单位", "丁腈手套|M|3|盒")
		p.Lines = []page.Line{textAt("3月20日前一次交清；"+verb+"青州市工业园二路8号2号库，何静（13800007001）签收", 40, 400)}
		d := readForm("C1", p).Orders[0]
		require.Equal(t, "青州市工业园二路8号2号库", d.Address, verb)
	}
}

func TestRowsBelowATableThatSayWhenAndWho(t *testing.T) {
	t.Parallel()
	res := picture("C1", sheet("品名|规格|单位|库存|需求|核准数|说明", "丁腈手套|M|盒|3|15|12|", "医用棉签|10cm|包|0|20|20|", "到货要求|^|3月24日前到厂 收货：何静|^|^|^|^"))
	require.Equal(t, []string{"C1: A01 12盒, A03 20包"}, brief(res.Orders))
	require.Equal(t, []string{"2026-03-24", "何静"}, []string{res.Orders[0].DeliverBy, res.Orders[0].Contact})
	require.Empty(t, res.Asks)
	pattern := sheet("品名|规格|数量|单位", "丁腈手套|M|3|盒")
	pattern.Lines = []page.Line{textAt("表号：QH-LB-0914", 40, 10)}
	require.Equal(t, []string{"orders[0].po ambiguous"}, fields(readForm("C1", pattern).Asks))
	pattern.Lines = append(pattern.Lines, textAt("订单号：QH-PO-7", 400, 10))
	numbered := readForm("C1", pattern)
	require.Empty(t, numbered.Asks)
	require.Equal(t, "QH-PO-7", numbered.Orders[0].PO)
}

func TestBoxesForThePayment(t *testing.T) {
	t.Parallel()
	p := sheet("品名|规格|数量|单位", "丁腈手套|M|3|盒")
	p.Lines = []page.Line{textAt("付款方式：口现结", 40, 400), textAt("口月结", 300, 400), textAt("货到付款", 500, 400)}
	res := picture("C1", p)
	require.Equal(t, "货到付款", res.Orders[0].Payment)
	require.Empty(t, res.Asks)
	p.Lines[2] = textAt("口货到付款", 500, 400)
	res = picture("C1", p)
	require.Empty(t, res.Orders[0].Payment)
	require.Equal(t, []string{"orders[0].payment ambiguous"}, fields(res.Asks), "none that is ticked")
}

func TestASecondTableUnderAWordOfItsOwn(t *testing.T) {
	t.Parallel()
	res := readForm("C1", sheet("品名|规格|单位|3月26日|4月2日", "丁腈手套|M|盒|10|5", "合计|||10|5", "||||", "配发|单位|数量||", "医用棉签|包|3||"))
	require.Equal(t, []string{"C1: A01 10盒, A03 3包", "C1: A01 5盒"}, brief(res.Orders), "what has no day goes with the first")
}

func TestTheHouseBesideItsBranches(t *testing.T) {
	t.Parallel()
	res := readForm("", sheet("康宁药房要货|^|^|^|^", "品名|规格|单位|总店|东街店", "丁腈手套|M|盒|10|5", "丁腈手套|L|盒||2"))
	require.ElementsMatch(t, []string{"C2: A01 10盒", "C3: A01 5盒, A02 2盒"}, brief(res.Orders))
	require.Empty(t, res.Asks)
}

func TestFormsOfABranch(t *testing.T) {
	t.Parallel()
	m := formMaster()
	m.Customers = append(m.Customers, orders.Customer{Code: "C5", Name: "康宁药房连锁有限公司青州分公司", Aliases: []string{"青州分公司"}})
	p := sheet("品名|规格|数量|单位", "丁腈手套|M|3|盒")
	p.Lines = []page.Line{textAt("康宁药房·门店要货单", 100, 10), textAt("（青州分公司）", 500, 10), textAt("希望到店 3月22日", 500, 60)}
	res, _ := intake.NewLexicon(m).Read(intake.Message{Time: formTime, Role: intake.RoleSales, Doc: &page.Document{Kind: page.KindOCR, Pages: []page.Page{p}}}, nil)
	require.Equal(t, []string{"C5: A01 3盒"}, brief(res.Orders))
	require.Equal(t, "2026-03-22", res.Orders[0].DeliverBy)
	p.Lines[1] = textAt("抄送青州分公司", 500, 10)
	res, _ = intake.NewLexicon(m).Read(intake.Message{Time: formTime, Role: intake.RoleSales, Doc: &page.Document{Kind: page.KindOCR, Pages: []page.Page{p}}}, nil)
	require.Equal(t, []string{"C2: A01 3盒"}, brief(res.Orders), "a branch that is only named")
}

func TestCartsWithSteppers(t *testing.T) {
	t.Parallel()
	res := picture("C1", cart("填写订单", "总务科小何 13800007011", "青州市人民路18号员工通道", "丁腈手套 M", "包装：箱(10盒)", "￥250.00/箱>5+", "医用棉签 10cm", "￥2.00/包>- 20 +", "合计￥1290.00>提交"))
	require.Equal(t, []string{"C1: A01 5箱 @250, A03 20包 @2"}, brief(res.Orders))
	d := res.Orders[0]
	require.Equal(t, []string{"总务科小何", "13800007011", "青州市人民路18号员工通道"}, []string{d.Contact, d.Phone, d.Address})
	require.Empty(t, res.Asks)
}

// A list of people with their sizes counts nothing; guessing what it comes to would be an order that nobody wrote.
func TestListsOfPeopleAreAskedAbout(t *testing.T) {
	t.Parallel()
	res := readForm("C1", sheet("配发标准：丁腈手套每人2盒，医用棉签每人1包。请按人分装，3月19日前送青州市教场路4号训练楼。|^|^|^|^", "序号|班组|姓名|手套号|鞋码", "1|一班|何小北|M|42", "2|一班|莫军|L|41"))
	require.Equal(t, intake.IntentOrder, res.Intent)
	require.Equal(t, []string{"C1: "}, brief(res.Orders))
	require.Equal(t, "2026-03-19", res.Orders[0].DeliverBy)
	require.Equal(t, []string{"orders[0].lines conflict"}, fields(res.Asks))
	beside := readForm("C1", sheet("品名|规格|数量|单位", "丁腈手套|M|3|盒"), sheet("姓名|手套号|鞋码", "何小北|M|42"))
	require.Equal(t, []string{"C1: A01 3盒"}, brief(beside.Orders))
	require.Equal(t, []string{"orders[0].lines conflict"}, fields(beside.Asks), "an order beside such a list")
}
