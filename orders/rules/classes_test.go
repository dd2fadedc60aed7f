package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/rules"
)

// sorting is a rules file with as many classes as the firm of the requirements has.
func sorting() (file string, regions, lines, modes int) {
	var b strings.Builder
	b.WriteString("routes:\n  - {name: a, when: 其余, steps: []}\nclasses:\n  region:\n")
	const provinces = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂"
	for i, p := range []rune(provinces) {
		regions++
		when := fmt.Sprintf(`区域 startsWith "%c"`, p)
		if i == len([]rune(provinces))-1 {
			when = "其余"
		}
		fmt.Fprintf(&b, "    - {name: %d 区, when: '%s'}\n", i+1, when)
	}
	b.WriteString("  line:\n")
	for i := range 9 {
		lines++
		fmt.Fprintf(&b, "    - {name: 产品线 %d, when: '\"类 %d\" in 分类'}\n", i+1, i+1)
	}
	b.WriteString("  mode:\n")
	for _, m := range []string{"标准", "寄售", "按需结算", "年度框架"} {
		modes++
		fmt.Fprintf(&b, "    - {name: %s单, when: '\"%s\" in 计价'}\n", m, m)
	}
	return b.String(), regions, lines, modes
}

// feature: DM-07
func TestOrdersAreSortedIntoClasses(t *testing.T) {
	t.Parallel()
	file, regions, lines, modes := sorting()
	require.Equal(t, []int{17, 9, 4}, []int{regions, lines, modes})
	e, err := rules.Parse("r.yaml", []byte(file))
	require.NoError(t, err)
	var goods []orders.Product
	for i := range 9 {
		goods = append(goods, orders.Product{Code: orders.ProductCode(fmt.Sprintf("P%d", i+1)), Category: fmt.Sprintf("类 %d", i+1)})
	}
	goods = append(goods, orders.Product{Code: "P0"})
	cat := orders.NewCatalog(orders.Master{Products: goods}, nil, nil, 1)
	sorted := func(e *rules.Engine, region string, lines ...orders.Line) string {
		o := &orders.Order{Lines: lines}
		o.Classes, err = e.Classes(orders.Facts{Order: o, Customer: &orders.Customer{Region: region}, Catalog: cat})
		require.NoError(t, err)
		var out []string
		for _, k := range orders.ClassKinds {
			out = append(out, strings.Join(o.ClassNames(k), "+"))
		}
		return strings.Join(out, " | ")
	}
	// Every class is given, and the first region counts.
	for i, p := range []rune("京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂") {
		for j := range 9 {
			for _, m := range []string{"标准", "寄售", "按需结算", "年度框架"} {
				line := orders.Line{Product: orders.ProductCode(fmt.Sprintf("P%d", j+1)), Mode: m}
				require.Equal(t, fmt.Sprintf("%d 区 | 产品线 %d | %s单", i+1, j+1, m), sorted(e, string(p)+"某地", line))
			}
		}
	}
	require.Equal(t, "17 区 | 产品线 1+产品线 3 | 标准单+寄售单", sorted(e, "", orders.Line{Product: "P3", Mode: "标准"}, orders.Line{Product: "P1", Mode: "寄售"}, orders.Line{Product: "P0", Gift: true}))
	require.Equal(t, "17 区 | 未归类 | 未归类", sorted(e, "琼", orders.Line{Product: "P0", Gift: true}))

	// Without classes of one's own the master data sort.
	plain, err := rules.Parse("r.yaml", []byte("routes:\n  - {name: a, when: 其余, steps: []}\n"))
	require.NoError(t, err)
	require.Equal(t, "华东 | 类 2+类 5 | 寄售", sorted(plain, "华东", orders.Line{Product: "P2", Mode: "寄售"}, orders.Line{Product: "P5"}, orders.Line{Product: "P0"}, orders.Line{Product: "P2"}))
	require.Equal(t, " |  | ", sorted(plain, ""))

	// People read them, and mistakes are named.
	words := ""
	for _, s := range e.Words() {
		words += s.Title + "\n"
		for _, r := range s.Rows {
			words += r.String() + "\n"
		}
	}
	require.Contains(t, words, "归类：区域\n1 区：区域以「京」开头\n")
	require.Contains(t, words, "17 区：其余的订单\n归类：产品线\n产品线 1：分类里有 类 1\n")
	require.Contains(t, words, "归类：计价模式\n标准单：计价里有 标准\n")
	for was, want := range map[string]string{
		"  region:\n    - {name: a, when: 加急}\n    - {name: a, when: not 加急}\n": "第 6 行：有两个区域都叫「a」",
		"  region:\n    - {name: a, when: 其余}\n    - {name: b, when: not 加急}\n": "第 6 行：「其余」要写在区域的最后",
		"  line:\n    - {when: 加急}\n":                                           "第 5 行：产品线缺名称 name",
		"  mode:\n    - {name: a}\n":                                            "第 5 行：缺条件 when",
		"  line:\n    - {name: 一二三四五六七八九十一二三四五六七八九十一, when: 加急}\n":              "最多 20 个字",
		"  team:\n    - {name: a, when: 加急}\n":                                  "没有「team」这一项",
	} {
		_, err := rules.Parse("r.yaml", []byte("routes:\n  - {name: a, when: 其余, steps: []}\nclasses:\n"+was))
		require.ErrorContains(t, err, want)
	}
}
