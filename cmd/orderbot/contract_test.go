package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders/intake/document"
)

// The contract of an order comes into the chat once it is approved, with its lines and amounts: asked for before, by itself for what is
// made to measure, and by a word afterwards.
//
// feature: AP-24
func TestContractsComeAfterTheApproval(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.load("products", "code,name,spec,unit,price,stock,kind", "X01,定制导板,按图,套,1200.5,100,定制品", "X02,缝线 <3-0> & 针,3-0,根,3.25,10000,")
			f.load("customers", "code,name,level,credit_grade,sales,address", "K01,蓝海诊所,A,A,S01,南京市江宁区将军大道88号", "K02,远山诊所,B,A,S01,苏州市吴中路1号")
			f.serve()
			ctx, db := t.Context(), f.sql()
			since := func(do func()) func() []simulator.Bubble {
				quiet(t, db, patience)
				before := len(f.wecom("zhouting")())
				do()
				return func() []simulator.Bubble { return f.wecom("zhouting")()[before:] }
			}
			say := func(text string) func() []simulator.Bubble {
				return since(func() { f.sim.WeCom.SendText(ctx, "zhouting", text) })
			}
			contract := func(screen func() []simulator.Bubble, id string) (text string, rows [][]string) {
				b := see(t, "contract of "+id, screen, func(b simulator.Bubble) bool { return b.MediaID != "" })
				data, name, ok := f.sim.Media(b.MediaID)
				require.True(t, ok)
				require.Equal(t, "合同-"+id+".docx", name)
				doc, err := document.Open(ctx, name, data, nil)
				require.NoError(t, err)
				for _, p := range doc.Pages {
					for _, l := range p.Lines {
						text += l.Text + "\n"
					}
					for _, table := range p.Tables {
						for _, r := range table.Rows {
							var row []string
							for _, c := range r {
								row = append(row, c.Text)
							}
							rows = append(rows, row)
						}
					}
				}
				return text, rows
			}
			files := func() int64 { return number(t, db, "SELECT COUNT(*) FROM deliveries WHERE kind = 'order.contract'") }

			// Asked for before the approval: it comes with it, once.
			id, draft := f.draftOf("zhouting", "远山诊所 X02 1600根，周五送到")
			see(t, "promised", say("合同 "+id), says("批准以后", id))
			f.pressWeCom("zhouting", draft, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单", id))
			see(t, "promised", say("合同 "+id), says("批准以后", id))
			require.Zero(t, files())
			card := see(t, "card", f.dingtalk("dt-wangmin"), offers("同意", id))
			text, rows := contract(since(func() { f.pressDingTalk("dt-wangmin", card, "同意") }), id)
			require.Equal(t, [][]string{
				{"序号", "编码", "名称", "规格", "数量", "单位", "单价", "金额"},
				{"1", "X02", "缝线 <3-0> & 针", "3-0", "1600", "根", "3.25", "5200.00"},
				{"合计", "", "", "", "", "", "", "5200.00"},
			}, rows)
			for _, words := range []string{id, "远山诊所", "¥5,200.00", "伍仟贰佰元整", "苏州市吴中路1号"} {
				require.Contains(t, text, words)
			}
			quiet(t, db, patience)
			require.EqualValues(t, 1, files())

			// By a word afterwards, to who may see prices.
			_, again := contract(say("合同 "+id), id)
			require.Equal(t, rows, again)
			f.sim.WeCom.SendText(ctx, "zhengku", "合同 "+id)
			see(t, "refused", f.wecom("zhengku"), says("没有看价格的权限"))
			f.sim.WeCom.SendText(ctx, "chenli", "合同 "+id)
			see(t, "not theirs", f.wecom("chenli"), says("没有查到订单"))

			// What is made to measure brings its own; what ends without approval has none.
			id, draft = f.draftOf("zhouting", "蓝海诊所 定制导板2套，X02 10根，送2根X02")
			text, rows = contract(since(func() {
				f.pressWeCom("zhouting", draft, "确认下单")
				see(t, "placed", f.wecom("zhouting"), says("已下单", id))
				f.pressDingTalk("dt-wangmin", see(t, "sales", f.dingtalk("dt-wangmin"), offers("同意", id)), "同意")
				f.pressDingTalk("dt-sunyun", see(t, "whether it can be made", f.dingtalk("dt-sunyun"), offers("同意", id)), "同意")
			}), id)
			require.Len(t, rows, 5)
			require.Equal(t, []string{"1", "X01", "定制导板", "按图", "2", "套", "1200.50", "2401.00"}, rows[1])
			require.Contains(t, strings.Join(rows[3], " "), "（赠品） 3-0 2 根 0.00 0.00")
			require.Equal(t, "2433.50", rows[4][7])
			require.Contains(t, text, "贰仟肆佰叁拾叁元伍角")
			id, _ = f.draftOf("zhouting", "远山诊所 X02 20根")
			see(t, "cancelled", say("取消 "+id), says("已取消"))
			see(t, "none", say("合同 "+id), says("没有合同"))
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}
