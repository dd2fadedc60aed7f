package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// The level of a hospital is shown and decides priority and freight; freight is an amount of its own in what the order comes to and
// in what the customer owes. Another level counts for the next order only.
//
// feature: MD-10
func TestHospitalLevelDecidesPriorityAndFreight(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "rules.yaml")
			require.NoError(t, os.WriteFile(file, []byte(`
routes:
  - {name: 直通, when: 金额 < 100, steps: []}
  - {name: 经理, when: 其余, steps: [{role: 销售经理}]}
freight:
  - {name: 三级医院包邮, when: 医院等级 startsWith "三", amount: 0}
  - {name: 满额包邮, when: 金额 >= 1000, amount: 0}
  - {name: 二级医院, when: 医院等级 startsWith "二", amount: 30.5}
  - {name: 普通, when: 其余, amount: 50}
priority:
  - {name: 三级医院, when: 医院等级 startsWith "三", points: 20}
`), 0o600))
			f := newFirm(t, database(t), medical, "ORDERBOT_RULES="+file)
			f.load("products", "code,name,unit,price,stock", "X02,国产缝线,根,3,100000")
			level := func(l string) {
				f.load("customers", "code,name,level,credit_grade,credit_limit,hospital_level,sales,address", "K01,蓝海医院,A,A,100000,"+l+",S01,南京市江宁区将军大道88号")
			}
			level("二甲")
			f.serve()
			db := f.sql()
			wecom := f.answer
			draft := func(text string, words ...string) (string, simulator.Bubble) {
				t.Helper()
				id, b := f.draftOf("zhouting", text)
				require.True(t, says(words...)(b), "%s %s", b.Text, b.Card)
				return id, b
			}
			// 30 pieces for 90 yuan: the border of the routes is at the goods' amount, without the freight.
			id, b := draft("蓝海医院 国产缝线30根", "¥120.50（含运费 ¥30.50）", "二级医院", "二甲")
			f.pressWeCom("zhouting", b, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单 "+id, "合计 ¥120.50", "直通"))
			require.Contains(t, wecom("zhouting", "明细 "+id), "运费：¥30.50（二级医院）")
			_, _ = draft("蓝海医院 国产缝线400根", "¥1,200.00", "包邮（满额包邮）")
			_, fetched := draft("蓝海医院 国产缝线5根，自提", "¥15.00")
			require.NotContains(t, string(fetched.Card), "运费")

			// The level changes: what was confirmed stays, a draft that shows the old freight is shown again, the next one has the new.
			old, b := draft("蓝海医院 国产缝线31根", "¥123.50（含运费 ¥30.50）")
			level("三甲")
			eventually(t, patience, "the new level", func() bool { return f.server.books.catalog().Customer("K01").HospitalLevel == "三甲" }, func() string { return "not there" })
			_, next := draft("蓝海医院 国产缝线32根", "¥96.00", "包邮（三级医院包邮）", "三甲")
			f.pressWeCom("zhouting", b, "确认下单")
			again := see(t, "shown again", f.wecom("zhouting"), offers("确认下单", old, "运费 ¥30.50 变成 ¥0.00"))
			require.Zero(t, number(t, db, "SELECT confirmed_at FROM orders WHERE id = ?", old))
			f.pressWeCom("zhouting", again, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单 "+old, "合计 ¥93.00"))
			f.pressWeCom("zhouting", next, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("合计 ¥96.00"))
			quiet(t, db, patience)
			require.Equal(t, []string{"9000 3050 12050 0", "9300 0 9300 20", "9600 0 9600 20"},
				texts(t, db, "SELECT total, freight, held, priority FROM orders WHERE confirmed_at > 0 ORDER BY total"))
			require.EqualValues(t, 12050+9300+9600, number(t, db, "SELECT held FROM credit WHERE customer = 'K01'"))
			require.Contains(t, wecom("guanli", "规则"), "二级医院：医院等级以「二」开头 运费 ¥30.50")
			sound(t, db)
		})
	}
}
