package intake_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// docs/reading.md names what newScan looks for, in its order.
func TestTheStagesOfTheDocs(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/reading.md")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(doc), "<!-- scan: kept by TestTheStagesOfTheDocs -->")
	require.True(t, ok)
	listed, _, ok := strings.Cut(rest, "<!-- /scan -->")
	require.True(t, ok)
	var told []string
	for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(listed, -1) {
		told = append(told, m[1])
	}

	file, err := parser.ParseFile(token.NewFileSet(), "scan.go", nil, 0)
	require.NoError(t, err)
	var called []string
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name != "newScan" {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if to, ok := call.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(to.Sel.Name, "find") {
					called = append(called, to.Sel.Name)
				}
			}
			return true
		})
	}
	require.NotEmpty(t, called)
	require.Equal(t, called, told)

	for _, m := range regexp.MustCompile("`(\\w+\\.go)`").FindAllStringSubmatch(string(doc), -1) {
		if m[1] != "render_test.go" && m[1] != "shop_test.go" {
			require.FileExists(t, m[1])
		}
	}
}

// The examples of docs/reading.md are read as it says they are today, before the changes that it shows.
func TestTheExamplesOfTheDocs(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/reading.md")
	require.NoError(t, err)
	x := shop(t)
	for text, want := range map[string]struct{ lines, asks string }{
		"土豆10磅":             {" =", "orders[0].lines[0].product unknown, orders[0].lines[0].quantity missing"},
		"白醋、纸杯一律3箱":         {"F8 =, O5 3箱=60", "orders[0].lines[0].quantity missing, orders[0].lines[1].product unknown"},
		"白醋意思意思":            {"", ""},
		"我的货上高速了没":          {"", ""},
		"鸡匈3件":              {"F5 3件=30", ""},
		"洋芋20斤":             {"F6 10公斤=10", ""},
		"马铃薯20斤":            {"F6 10公斤=10", ""},
		"白醋3件，手机1380000900": {"F8 3件=36", "orders[0].phone unknown"},
	} {
		require.Contains(t, string(doc), "「"+text+"」")
		res := said(t, x, text)
		require.Equal(t, want.lines, lines(res), text)
		require.Equal(t, want.asks, asks(res), text)
	}
	require.Contains(t, string(doc), "「白醋3件，过两晚送到」")
	require.Empty(t, said(t, x, "白醋3件，过两晚送到").Orders[0].DeliverBy)
	require.Equal(t, "ZTO", said(t, x, "白醋3件，中通冷链").Orders[0].Carrier)
	require.Equal(t, "F8 3瓶=3, F6 2公斤=2", lines(said(t, x, "编码 | 单位 | 要多少\nF8 | 件 | 3\nF6 | 袋 | 2")))
}
