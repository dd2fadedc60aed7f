package intake_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
	"orderbot/orders/intake/document"
)

// BenchmarkFile opens files that need no recogniser and reads them into drafts, from bytes to questions, on one core: PDF
// pages with a text layer, and sheets of 200 rows of goods. The limit is 100 ms for each.
func BenchmarkFile(b *testing.B) {
	require.NoError(b, document.LoadPDF(filepath.Join("..", "..", ".cache", "ocr", "compiled")))
	m := catalogue(b, "medical", 0)
	x := intake.NewLexicon(m)
	rows := [][]any{{"客户：澜州市第一人民医院"}, {"产品编码", "品名", "规格", "数量", "单位", "备注"}}
	for i := range 200 {
		p := &m.Products[i%len(m.Products)]
		rows = append(rows, []any{string(p.Code), p.Name, p.Spec, i%30 + 1, p.Unit, ""})
	}
	pdf, err := os.ReadFile(filepath.Join(corpus, "files", "pdf-01.pdf"))
	require.NoError(b, err)
	for _, c := range []struct {
		name, file string
		data       []byte
		lines      int
	}{
		{"text PDF page", "a.pdf", pdf, 6},
		{"xlsx of 200 rows", "a.xlsx", workbook(b, rows, nil), 200},
		{"csv of 200 rows", "a.csv", commas(b, rows), 200},
	} {
		b.Run(c.name, func(b *testing.B) {
			oneCore(b)
			var took times
			for range b.N {
				begin := time.Now()
				doc, err := document.Open(b.Context(), c.file, c.data, nil)
				require.NoError(b, err)
				res, _ := x.Read(intake.Message{ID: "m", Time: begin, Role: intake.RoleSales, Doc: doc}, nil)
				took = append(took, time.Since(begin))
				require.Len(b, res.Orders, 1)
				require.Len(b, res.Orders[0].Lines, c.lines)
			}
			took.report(b)
		})
	}
}

// commas writes rows as CSV.
func commas(tb testing.TB, rows [][]any) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	for _, row := range rows {
		var cells []string
		for _, c := range row {
			cells = append(cells, fmt.Sprint(c))
		}
		require.NoError(tb, w.Write(cells))
	}
	w.Flush()
	require.NoError(tb, w.Error())
	return out.Bytes()
}
