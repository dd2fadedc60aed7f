package bot

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDaysOfAnAbsence(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 29, 15, 0, 0, 0, time.FixedZone("", 8*60*60))
	for text, want := range map[string]string{
		"12月30日到12月31日 由李四代":    "2026-12-30 2026-12-31 | 由李四代",
		"12月30日到31日 李四代":        "2026-12-30 2026-12-31 | 李四代",
		"王敏 12.30-1.3 由李四代班":    "2026-12-30 2027-01-03 王敏| 由李四代班",
		"1月4号至1月8号, 由李四代":       "2027-01-04 2027-01-08 | 由李四代",
		"2027-02-01到2027-02-05": "2027-02-01 2027-02-05 | ",
		"今天":                    "2026-12-29 2026-12-29 | ",
		"明天到后天 由李四代":            "2026-12-30 2026-12-31 | 由李四代",
		"12月1日到12月3日":           "2026-12-01 2026-12-03 | ",
		"2月30日到3月2日":            "",
		"12月30日和31日":            "2026-12-30 2026-12-30 | 和31日",
		"12月30日到下周":             "2026-12-30 2026-12-30 | 到下周",
		"条怎么写":                  "",
		"由李四代":                  "",
	} {
		from, until, before, behind, ok := leaveSpan(text, now)
		got := ""
		if ok {
			got = from.Format(time.DateOnly) + " " + until.AddDate(0, 0, -1).Format(time.DateOnly) + " " + before + "| " + behind
		}
		require.Equal(t, want, got, text)
	}
}
