package document_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"orderbot/orders/intake/document"
)

// A number format may show a unit that the cell does not hold.
func TestUnitsOfNumberFormats(t *testing.T) {
	t.Parallel()
	formats := map[string]string{`0"箱"`: "3箱", `#,##0"盒"`: "3盒", `0.00"元"`: "3", `¥#,##0.00`: "3", `General"瓶"`: "3瓶", `0`: "3", `0"件";-0"件"`: "3件"}
	for format, want := range formats {
		data := book(t, func(f *excelize.File) {
			style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
			require.NoError(t, err)
			require.NoError(t, f.SetCellValue("Sheet1", "A1", 3))
			require.NoError(t, f.SetCellStyle("Sheet1", "A1", "A1", style))
		})
		doc, err := document.Open(t.Context(), "a.xlsx", data, nil)
		require.NoError(t, err)
		require.Equal(t, want, doc.Pages[0].Tables[0].Rows[0][0].Text, format)
	}
}
