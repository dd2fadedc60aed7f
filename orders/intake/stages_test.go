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
