package score_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake/score"
)

var update = flag.Bool("update", false, "write the spoiled outputs anew; testdata/golden.py then makes golden.json")

// golden is what the reference scorer says of one spoiled output.
type golden struct {
	Summary map[string]float64 `json:"summary"`
	Fields  map[string][2]any  `json:"fields"` // "97.20%", of
	Tags    map[string][2]int  `json:"tags"`
	Lines   map[string]struct {
		Exact    bool     `json:"exact"`
		Silent   int      `json:"silent"`
		Asked    bool     `json:"asked"`
		GoldAsks bool     `json:"gold_asks"`
		AsksHit  int      `json:"asks_hit"`
		AsksDue  int      `json:"asks_due"`
		Wrong    []string `json:"wrong"` // kind, with ! where an ask names the place
	} `json:"lines"`
}

func TestAgreesWithTheReferenceOnSpoiledOutputs(t *testing.T) {
	t.Parallel()
	files := spoiledFiles(t)
	for name, want := range files {
		path := filepath.Join("testdata", name)
		if *update {
			require.NoError(t, os.WriteFile(path, want, 0o644))
		}
		have, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), string(have), "%s is not what the generator makes: -update", name)
	}
	data, err := os.ReadFile("testdata/golden.json")
	require.NoError(t, err)
	var goldens map[string]golden
	require.NoError(t, json.Unmarshal(data, &goldens))
	require.Len(t, goldens, len(spoilers))

	gold, err := score.ReadGold(bytes.NewReader(files["gold.jsonl"]))
	require.NoError(t, err)
	for name, want := range goldens {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outputs, err := score.ReadOutputs(bytes.NewReader(files[name]))
			require.NoError(t, err)
			report := score.Summarise(gold, outputs)

			require.Len(t, want.Lines, len(report.Lines))
			for _, l := range report.Lines {
				w := want.Lines[l.Gold.ID]
				var wrong []string
				for _, x := range l.Wrong {
					wrong = append(wrong, x.Kind+map[bool]string{true: "!"}[x.Loud])
				}
				slices.Sort(wrong)
				slices.Sort(w.Wrong)
				require.ElementsMatch(t, w.Wrong, wrong, "%s: %v", l.Gold.ID, l.Wrong)
				require.Equal(t, []any{w.Exact, w.Silent, w.Asked, w.GoldAsks, w.AsksHit, w.AsksDue},
					[]any{l.Exact, l.Silent(), l.Asked, l.GoldAsks, l.AsksHit, l.AsksDue}, l.Gold.ID)
			}
			require.Equal(t, want.Summary, map[string]float64{
				"messages":         float64(len(report.Lines)),
				"exact":            report.Exact.Rate(),
				"straight_through": report.StraightThrough.Rate(),
				"over_ask":         report.OverAsk.Rate(),
				"ask_recall":       report.AskRecall.Rate(),
				"silent_error":     report.SilentError.Rate(),
			})
			require.Len(t, want.Fields, len(report.Fields))
			for f, s := range report.Fields {
				require.Equal(t, want.Fields[f], [2]any{fmt.Sprintf("%.2f%%", 100*s.Rate()), float64(s.Of)}, f)
			}
			require.Len(t, want.Tags, len(report.Tags))
			for tag, s := range report.Tags {
				require.Equal(t, want.Tags[tag], [2]int{s.Right, s.Of}, tag)
			}
		})
	}
}

func TestTheGoldItselfIsExact(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../testdata/corpus/gold.jsonl")
	require.NoError(t, err)
	gold, err := score.ReadGold(bytes.NewReader(data))
	require.NoError(t, err)
	outputs, err := score.ReadOutputs(bytes.NewReader(data))
	require.NoError(t, err)
	report := score.Summarise(gold, outputs)
	require.Equal(t, score.Share{Right: 301, Of: 301}, report.Exact)
	require.Zero(t, report.SilentError.Right)
	require.Equal(t, 1.0, report.AskRecall.Rate())
	require.Zero(t, report.OverAsk.Right)
}

func TestPrint(t *testing.T) {
	t.Parallel()
	gold, err := score.ReadGold(strings.NewReader(`{"id":"a","intent":"order","orders":[{"customer":"C001","lines":[{"product":"P001","quantity":"2","unit":"盒","base_quantity":"2"}]}],"tags":["simple"]}
{"id":"b","intent":"other","tags":["simple","ad"]}
`))
	require.NoError(t, err)
	outputs, err := score.ReadOutputs(strings.NewReader(`{"id":"a","intent":"order","orders":[{"customer":"C002","lines":[{"product":"P001","quantity":2.0,"unit":"盒","base_quantity":"2"}]}],"asks":[{"field":"orders[0].customer"}]}
{"id":"b","intent":"other"}
`))
	require.NoError(t, err)
	report := score.Summarise(gold, outputs)
	var b strings.Builder
	require.NoError(t, report.Print(&b))
	require.NoError(t, report.PrintTags(&b))
	require.NoError(t, report.PrintWrong(&b, 5))
	require.Equal(t, `intent           100.00%  2 of 2
ref              100.00%  2 of 2
orders           100.00%  1 of 1
lines            100.00%  1 of 1
customer           0.00%  0 of 1
deliver_by       100.00%  1 of 1
urgent           100.00%  1 of 1
carrier          100.00%  1 of 1
contact          100.00%  1 of 1
phone            100.00%  1 of 1
address          100.00%  1 of 1
payment          100.00%  1 of 1
po               100.00%  1 of 1
exact             50.00%  1 of 2
straight_through  50.00%  1 of 2
over_ask          50.00%  1 of 2
ask_recall         0.00%  0 of 0
silent_error       0.00%  0 of 2
taken_fields       0.00%  0 of 0
draft_asked      100.00%  1 of 1
simple                       1/2
ad                           1/1
a loud
  customer "C001" != "C002"
  asks orders[0].customer
`, b.String())
}

// Of drafts made without a question every field counts that is filled on either side.
func TestFieldsOfDraftsTakenWithoutAQuestion(t *testing.T) {
	t.Parallel()
	line := `{"product":"P001","quantity":"2","unit":"盒","base_quantity":"2"}`
	gold, err := score.ReadGold(strings.NewReader(`{"id":"a","intent":"order","orders":[{"customer":"C001","carrier":"SF","lines":[` + line + `]}]}`))
	require.NoError(t, err)
	for out, want := range map[string]score.Share{
		`"orders":[{"customer":"C001","carrier":"SF","lines":[` + line + `]}]`:                                    {Right: 5, Of: 5},
		`"orders":[{"customer":"C001","phone":"138","lines":[` + line + `]}]`:                                     {Right: 4, Of: 6},
		`"orders":[{"customer":"C001","carrier":"SF","lines":[` + line + `,` + line + `]}]`:                       {Right: 5, Of: 8},
		`"orders":[{"customer":"C001","carrier":"SF","lines":[]}]`:                                                {Right: 2, Of: 5},
		`"orders":[{"customer":"C001","carrier":"SF","lines":[` + line + `]},{"customer":"C002","lines":[]}]`:     {Right: 5, Of: 6},
		`"orders":[{"customer":"C001","lines":[` + line + `]}],"asks":[{"field":"orders[0].lines","text":"还要？"}]`: {},
		`"orders":[]`: {},
	} {
		outputs, err := score.ReadOutputs(strings.NewReader(`{"id":"a","intent":"order",` + out + `}`))
		require.NoError(t, err)
		require.Equal(t, want, score.Summarise(gold, outputs).Taken, out)
	}
}

func TestBrokenLineIsNamed(t *testing.T) {
	t.Parallel()
	_, err := score.ReadOutputs(strings.NewReader("{\"id\":\"a\"}\n\n{\"id\":"))
	require.ErrorContains(t, err, "line 3")
}
