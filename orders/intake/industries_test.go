package intake_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
	"orderbot/orders/intake/score"
	"orderbot/storage"
)

// Messages of forty-seven trades that the open corpus does not know are read as a careful clerk reads them, and no worse than was
// reached.
func TestReadingOfOtherIndustries(t *testing.T) {
	t.Parallel()
	const folder = "testdata/industries"
	file, err := os.Open(filepath.Join(folder, "gold.jsonl"))
	require.NoError(t, err)
	defer file.Close()
	gold, err := score.ReadGold(file)
	require.NoError(t, err)
	in, err := os.ReadFile(filepath.Join(folder, "messages.jsonl"))
	require.NoError(t, err)
	lexicons := map[string]*intake.Lexicon{}
	threads := map[string]*intake.Thread{}
	outputs := map[string]score.Output{}
	for raw := range bytes.Lines(in) {
		var msg intake.Message
		require.NoError(t, json.Unmarshal(raw, &msg))
		var industry struct {
			Master string `json:"master"`
		}
		require.NoError(t, json.Unmarshal(raw, &industry))
		if lexicons[industry.Master] == nil {
			m, err := storage.ReadFolder(os.DirFS(filepath.Join(folder, industry.Master)))
			require.NoError(t, err)
			lexicons[industry.Master] = intake.NewLexicon(m)
		}
		var thread *intake.Thread
		if msg.Thread != "" {
			thread = threads[industry.Master+msg.Thread]
		}
		res, next := lexicons[industry.Master].Read(msg, thread)
		if msg.Thread != "" {
			threads[industry.Master+msg.Thread] = next
		}
		encoded, err := json.Marshal(res)
		require.NoError(t, err)
		read, err := score.ReadOutputs(bytes.NewReader(encoded))
		require.NoError(t, err)
		outputs[msg.ID] = read[msg.ID]
	}
	known, later, newer, newest := gold[:elevenTrades], gold[elevenTrades:twentyThreeTrades], gold[twentyThreeTrades:thirtyNineTrades], gold[thirtyNineTrades:]
	for _, set := range []struct {
		gold                   []score.Gold
		silent, exact, overAsk float64
	}{{known, 0, 0.985, 0.015}, {later, 0.003, 0.97, 0.045}, {newer, 0.02, 0.96, 0.035}, {newest, 0.025, 0.94, 0.045}} {
		report := score.Summarise(set.gold, outputs)
		var wrong bytes.Buffer
		require.NoError(t, report.PrintWrong(&wrong, 20))
		require.LessOrEqual(t, report.SilentError.Rate(), set.silent, wrong.String())
		require.GreaterOrEqual(t, report.Exact.Rate(), set.exact, wrong.String())
		require.LessOrEqual(t, report.OverAsk.Rate(), set.overAsk, wrong.String())
		require.GreaterOrEqual(t, report.AskRecall.Rate(), 0.95, wrong.String())
	}
}

// How many messages of the first eleven, twenty-three and thirty-nine trades stand before those of later ones.
const (
	elevenTrades      = 372
	twentyThreeTrades = 871
	thirtyNineTrades  = 1639
)
