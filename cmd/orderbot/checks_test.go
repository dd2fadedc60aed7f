package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// What the rules find is on the draft, keeps it from becoming an order where it must, and can be let
// pass by whom the rules name. The dates are those of the firm's clock, three days around it.
//
// feature: MD-02, MD-07, MD-08, MD-09
func TestRulesStopAnOrderAndAnExceptionLetsItPass(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			day := func(days int) string { return f.clock.now().In(location).AddDate(0, 0, days).Format(time.DateOnly) }
			folder := t.TempDir()
			table := func(kind string, rows ...string) {
				file := filepath.Join(folder, kind+".csv")
				require.NoError(t, os.WriteFile(file, []byte(strings.Join(rows, "\n")+"\n"), 0o600))
				f.command("import", kind, file)
			}
			table("products", "code,name,spec,unit,category,price,moq,stock,licence,bom,bom_until,successor",
				"X01,晶振灯,9W,只,照明,5,20,1000,,,,",
				"X02,激光治疗仪,小型,台,设备,900,1,50,经营许可证,,,",
				"X03,旧款底座,A,个,配件,3,1,500,,B7,"+day(-1)+",X04",
				"X04,新款底座,B,个,配件,3,1,500,,B8,"+day(30)+",")
			table("customers", "code,name,level,credit_grade,sales,licence,catalogue,address",
				"K01,蓝海灯具行,A,A,S01,经营许可证="+day(-1)+",,南京市江宁区将军大道88号",
				"K02,远山诊所,A,A,S01,经营许可证="+day(1)+",照明;设备,苏州市吴中路1号")
			f.serve()
			screen := f.wecom("zhouting")
			draft := func(text string) simulator.Bubble {
				_, card := f.draftOf("zhouting", text)
				return card
			}
			press := func(b simulator.Bubble) string {
				return f.ask(screen, func() { f.pressWeCom("zhouting", b, "确认下单") }).Text
			}
			number := func(b simulator.Bubble) string { return orderNumber.FindString(b.Title + b.Text + string(b.Card)) }

			// 19 are refused, 20 accepted; or the sales manager makes an exception.
			few := draft("蓝海灯具行 晶振灯19只")
			require.Contains(t, string(few.Card), "起订 20只，订了 19只")
			refused := press(few)
			require.Contains(t, refused, "还不能下单")
			require.Contains(t, refused, "特批 "+number(few))
			require.Contains(t, press(draft("蓝海灯具行 晶振灯20只")), "已下单")
			require.Contains(t, f.answer("zhouting", "特批 "+number(few)), "请写明特批的原因")
			require.Contains(t, f.answer("zhouting", "特批 "+number(few)+" 客户急用"), "等销售经理审批")
			card := see(t, "exception", f.dingtalk("dt-wangmin"), offers("同意", number(few), "客户急用", "起订 20只"))
			f.pressDingTalk("dt-wangmin", card, "同意")
			see(t, "approved", screen, says(number(few), "已批准"))
			require.Contains(t, f.answer("zhouting", "特批 "+number(few)+" 再来"), "已提交")

			// A licence that ended yesterday stops the order, one that ends tomorrow is mentioned.
			expired := draft("蓝海灯具行 激光治疗仪1台")
			refused = press(expired)
			require.Contains(t, refused, "客户的 "+day(-1)+" 已过期")
			require.NotContains(t, refused, "特批")
			soon := draft("远山诊所 激光治疗仪1台")
			require.Contains(t, string(soon.Card), day(1)+" 到期")
			require.Contains(t, press(soon), "已下单")

			// A bill of materials that ran out names its successor.
			require.Contains(t, press(draft("蓝海灯具行 X03 5个")), "替代品是 X04 新款底座")
			require.Contains(t, press(draft("蓝海灯具行 X04 5个")), "已下单")

			// What is not in the customer's own catalogue can't be ordered.
			require.Contains(t, press(draft("远山诊所 X04 5个")), "不在远山诊所的可购目录里")
		})
	}
}

// feature: AP-14
func TestTheThirdOrderOfAProductWithinADayIsReviewed(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			var ids []string
			place := func(text string) string {
				id := f.confirmed("zhouting", text)
				ids = append(ids, id)
				return id
			}
			approve := func(id string) {
				f.pressDingTalk("dt-wangmin", see(t, "card", f.dingtalk("dt-wangmin"), offers("同意", id)), "同意")
			}
			finance := func(id string) func(simulator.Bubble) bool {
				return func(b simulator.Bubble) bool { return offers("同意", id)(b) }
			}
			approve(place("澜州一院 外科口罩20箱，周五送到"))
			approve(place("澜州一院 外科口罩21箱，周五送到"))
			other := place("澜州一院 丁腈手套M码30箱，周五送到") // of another product
			approve(other)
			third := place("澜州一院 外科口罩22箱，周五送到")
			approve(third)
			card := see(t, "review", f.dingtalk("dt-lizhang"), finance(third))
			require.True(t, says("24 小时内第 3 单", ids[0], ids[1])(card))
			require.False(t, says(other)(card))
			for _, b := range f.dingtalk("dt-lizhang")() {
				for _, id := range append(ids[:2:2], other) {
					require.False(t, offers("同意", "待审批 "+id)(b), "within the limit the system passes finance")
				}
			}
			f.pressDingTalk("dt-lizhang", card, "同意")
			see(t, "approved", f.wecom("zhouting"), says(third, "已批准"))

			f.clock.advance(24*time.Hour + time.Second)
			later := place("澜州一院 外科口罩23箱，周五送到")
			approve(later)
			see(t, "approved", f.wecom("zhouting"), says(later, "已批准"))
		})
	}
}

// What is only known when an order is confirmed can be excepted too.
func TestAnExceptionFromWhatTheConfirmationFinds(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(file, []byte(
		"routes:\n  - {name: 直通, when: 其余, steps: []}\nchecks:\n  - {kind: 信用额度, effect: 拦下, role: 财务}\n"), 0o600))
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "orderbot.db"), medical, "ORDERBOT_RULES="+file)
	customers := filepath.Join(t.TempDir(), "customers.csv")
	require.NoError(t, os.WriteFile(customers, []byte("code,name,credit_limit,sales\nK09,南屏诊所,100,S01\n"), 0o600))
	f.command("import", "customers", customers)
	f.serve()
	screen := f.wecom("zhouting")
	say := func(text string) string { return f.answer("zhouting", text) }
	f.sim.WeCom.SendText(t.Context(), "zhouting", "南屏诊所 外科口罩2箱，周五送到")
	draft := see(t, "draft", screen, offers("确认下单"))
	id := orderNumber.FindString(draft.Title + draft.Text + string(draft.Card))
	require.Contains(t, say("确认 "+id), "还不能下单")
	require.Contains(t, say("特批 "+id+" 已经汇款"), "等财务审批")
	f.pressDingTalk("dt-lizhang", see(t, "card", f.dingtalk("dt-lizhang"), offers("同意", id, "已经汇款")), "同意")
	see(t, "approved", screen, says(id, "已批准"))
}
