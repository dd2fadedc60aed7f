package storage_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/storage"
)

// Options and the table of what goes together come in as other master data do: Chinese and English headings, all rows or none, a row of
// the same sides changes what was said, and a running server gets the whole lists with a change.
//
// feature: IN-16
func TestOptionsAndConstraintsAreImported(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		ctx := t.Context()
		load(t, s, "products", []string{"code", "name", "unit", "category"}, []string{"P1", "灯罩", "个", "灯具"}, []string{"P2", "底座", "个", "底座"}, []string{"P3", "电源", "个", "电控"})
		try := func(kind string, rows ...string) string {
			table := make([][]string, len(rows))
			for i, r := range rows {
				table[i] = strings.Split(r, ",")
			}
			report, err := s.ImportRows(ctx, kind, table, false)
			if sentence, ok := orders.ErrorMessage(err); ok && err != nil {
				return sentence
			}
			require.NoError(t, err)
			var out []string
			for _, x := range report.Refused {
				out = append(out, x.Column+" "+x.Reason)
			}
			return strings.Join(out, "\n")
		}
		require.Empty(t, try("options", "产品编码,分类,选项,可选值,必选", ",灯具,材质,不锈钢|铝,否", "P1,,颜色,红色、蓝色；红色,是"))
		c, err := s.Catalog(ctx)
		require.NoError(t, err)
		require.Equal(t, []orders.Option{{Category: "灯具", Name: "材质", Values: []string{"不锈钢", "铝"}}, {Product: "P1", Name: "颜色", Values: []string{"红色", "蓝色"}, Needed: true}}, c.Options())
		require.Len(t, c.OptionsOf("P1"), 2)
		require.Empty(t, c.OptionsOf("P2"))

		for _, tt := range []struct{ kind, head, row, want string }{
			{"options", "product,option,values", "P9,颜色,红色", "没有产品 P9"},
			{"options", "product,category,option,values", "P1,灯具,颜色,红色", "产品编码和分类要写一个，只写一个"},
			{"options", "option,values", "颜色,红色", "产品编码和分类要写一个，只写一个"},
			{"options", "product,option,values", "P1,颜色,|", "要写可以选的值"},
			{"options", "product,option,values", "P1,颜=色,红色", "里不能有 = ; | ?"},
			{"options", "product,option", "P1,颜色", "文件缺少列: 可选值 (values)"},
			{"constraints", "first,relation,second", "材质=木头,forbidden,颜色=红色", "没有「材质=木头」这个选项和值，请先导入选配项"},
			{"constraints", "first,relation,second", "材质=铝,也许,颜色=红色", "要写 不能配、必须配、可以配 之一"},
			{"constraints", "first,relation,second", "P1,forbidden,P9", "没有产品 P9"},
			{"constraints", "first,relation,second", "P1|P2,forbidden,P3", "只能写一个"},
			{"constraints", "first,relation,second", "P1,forbidden,P1", "和自己没有约束"},
		} {
			require.Contains(t, try(tt.kind, tt.head, tt.row), tt.want, tt.row)
		}

		before, err := s.Catalog(ctx)
		require.NoError(t, err)
		require.Empty(t, before.Pairings())
		require.Empty(t, try("constraints", "选配一,关系,选配二,说明", "材质：不锈钢,不能配,颜色：红色|蓝色,不上漆", "P1,forbidden,P2|P3,", "P2,必须,P3,"))
		change, ok, err := s.CatalogSince(ctx, before.Version, 100)
		require.NoError(t, err)
		require.True(t, ok)
		after := before.With(change)
		want := []orders.Pairing{
			{First: orders.Choice{Option: "材质", Value: "不锈钢"}, Kind: orders.PairingForbidden, Second: []orders.Choice{{Option: "颜色", Value: "红色"}, {Option: "颜色", Value: "蓝色"}}, Reason: "不上漆"},
			{First: orders.Choice{Product: "P1"}, Kind: orders.PairingForbidden, Second: []orders.Choice{{Product: "P2"}, {Product: "P3"}}},
			{First: orders.Choice{Product: "P2"}, Kind: orders.PairingRequired, Second: []orders.Choice{{Product: "P3"}}},
		}
		require.Equal(t, want, after.Pairings())
		require.Len(t, after.Options(), 2)
		require.Empty(t, try("constraints", "first,relation,second", "P1,allowed,P2|P3"))
		whole, err := s.Catalog(ctx)
		require.NoError(t, err)
		want[1].Kind = orders.PairingAllowed
		require.Equal(t, want, whole.Pairings(), "lifted by the same row")

		// A table that is sent in a chat is known by its headings.
		for kind, titles := range map[string][]string{
			"options": {"产品编码", "选项", "可选值", "必选"}, "constraints": {"Product Code", "First", "Relation", "Second"},
		} {
			guess := ""
			for _, fit := range s.TableFits(titles) {
				if len(fit.Missing) == 0 && len(fit.Unknown) == 0 {
					guess += fit.Kind
				}
			}
			require.Equal(t, kind, guess)
		}
	})
}
