package variant_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/intake/score"
	"orderbot/orders/intake/variant"
	"orderbot/storage"
)

const corpus = "../testdata/corpus"

// line is an input line of the corpus with what is to be read from it.
type line struct {
	Master string `json:"master"`
	msg    intake.Message
	gold   score.Gold
}

func lines(t *testing.T) []line {
	t.Helper()
	in, err := os.ReadFile(filepath.Join(corpus, "messages.jsonl"))
	require.NoError(t, err)
	goldFile, err := os.Open(filepath.Join(corpus, "gold.jsonl"))
	require.NoError(t, err)
	defer goldFile.Close()
	gold, err := score.ReadGold(goldFile)
	require.NoError(t, err)
	var out []line
	for raw := range bytes.Lines(in) {
		var l line
		require.NoError(t, json.Unmarshal(raw, &l))
		require.NoError(t, json.Unmarshal(raw, &l.msg))
		l.gold = gold[len(out)]
		require.Equal(t, l.msg.ID, l.gold.ID)
		out = append(out, l)
	}
	return out
}

// masters reads both sets of master data, changed by table.
func masters(t *testing.T, table func(m *orders.Master, csv string) string) map[string]*orders.Master {
	t.Helper()
	out := map[string]*orders.Master{}
	for _, name := range []string{"medical", "hardware"} {
		m, err := storage.ReadFolder(os.DirFS(filepath.Join(corpus, name)))
		require.NoError(t, err)
		if table != nil {
			folder := t.TempDir()
			files, err := filepath.Glob(filepath.Join(corpus, name, "*.csv"))
			require.NoError(t, err)
			for _, file := range files {
				csv, err := os.ReadFile(file)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(filepath.Join(folder, filepath.Base(file)), []byte(table(m, string(csv))), 0o600))
			}
			m, err = storage.ReadFolder(os.DirFS(folder))
			require.NoError(t, err)
		}
		out[name] = m
	}
	return out
}

// What a message means does not hang on how it is written: of the open corpus no change costs more than two points.
func TestReadingOfTheSameSaidAnotherWay(t *testing.T) {
	t.Parallel()
	all := lines(t)
	measure := func(t *testing.T, change variant.Change) score.Report {
		t.Helper()
		plain := masters(t, nil)
		lexicons := map[string]*intake.Lexicon{}
		for name, m := range masters(t, change.Table) {
			lexicons[name] = intake.NewLexicon(m)
		}
		threads := map[string]*intake.Thread{}
		var gold []score.Gold
		outputs := map[string]score.Output{}
		for _, l := range all {
			c := change.Case(variant.Case{Text: l.msg.Text, Gold: l.gold, Master: plain[l.Master]})
			gold = append(gold, c.Gold)
			msg := l.msg
			msg.Text = c.Text
			res, thread := lexicons[l.Master].Read(msg, threads[msg.Thread])
			if msg.Thread != "" {
				threads[msg.Thread] = thread
			}
			encoded, err := json.Marshal(res)
			require.NoError(t, err)
			read, err := score.ReadOutputs(bytes.NewReader(encoded))
			require.NoError(t, err)
			outputs[msg.ID] = read[msg.ID]
		}
		return score.Summarise(gold, outputs)
	}
	base := measure(t, variant.Change{Case: func(c variant.Case) variant.Case { return c }})
	for _, change := range variant.Changes {
		t.Run(change.Name, func(t *testing.T) {
			t.Parallel()
			report := measure(t, change)
			require.GreaterOrEqual(t, report.Exact.Rate(), base.Exact.Rate()-0.02)
			require.LessOrEqual(t, report.SilentError.Rate(), base.SilentError.Rate()+0.004)
		})
	}
}

// A change keeps what the gold quotes: the address is still in the message, letter by letter.
func TestTheGoldStaysTrue(t *testing.T) {
	t.Parallel()
	plain := masters(t, nil)
	for _, change := range variant.Changes {
		changed := masters(t, change.Table)
		for _, l := range lines(t) {
			was := variant.Case{Text: l.msg.Text, Gold: l.gold, Master: plain[l.Master]}
			before, err := json.Marshal(was.Gold)
			require.NoError(t, err)
			c := change.Case(was)
			after, err := json.Marshal(was.Gold)
			require.NoError(t, err)
			require.Equal(t, string(before), string(after), "the argument stays as it is")
			require.Equal(t, strings.Count(l.msg.Text, "\n"), strings.Count(c.Text, "\n"), l.msg.ID)
			for i, choice := range c.Gold.Choices {
				for k, o := range choice.Orders {
					old := l.gold.Choices[i].Orders[k]
					for _, field := range []string{"address", "contact", "phone", "po"} {
						if contains(l.msg.Text, old[field]) {
							require.True(t, contains(c.Text, o[field]), "%s: %s: %q in %q", change.Name, field, o[field], c.Text)
						}
					}
					require.Equal(t, old["lines"], o["lines"])
				}
			}
		}
		for name, m := range changed {
			require.Len(t, m.Products, len(plain[name].Products))
			for i := range m.Products {
				require.Equal(t, plain[name].Products[i].Code, m.Products[i].Code)
				require.Equal(t, plain[name].Products[i].Unit, m.Products[i].Unit)
				require.Equal(t, plain[name].Products[i].Packs, m.Products[i].Packs)
			}
		}
	}
}

// contains tells whether a value of the gold stands in the text, whatever its spaces and width.
func contains(text string, value any) bool {
	s, _ := value.(string)
	plain := func(s string) string {
		return strings.Map(func(c rune) rune {
			if unicode.IsLetter(c) || unicode.IsDigit(c) {
				if c >= '！' && c <= '～' {
					c -= 0xFEE0
				}
				return c
			}
			return -1
		}, s)
	}
	return strings.Contains(plain(text), plain(s))
}

func apply(t require.TestingT, name, text string) string {
	for _, change := range variant.Changes {
		if change.Name == name {
			return change.Case(variant.Case{Text: text, Gold: goldOf(t, text), Master: shop()}).Text
		}
	}
	require.Fail(t, "no such change", name)
	return ""
}

// goldOf has two lines and an address in it.
func goldOf(t require.TestingT, text string) score.Gold {
	address := ""
	if _, after, ok := strings.Cut(text, "送到"); ok {
		address, _, _ = strings.Cut(after, " ")
	}
	encoded, err := json.Marshal(map[string]any{"id": "m", "intent": "order", "orders": []any{map[string]any{
		"customer": "C1", "address": address, "lines": []any{
			map[string]any{"product": "P1", "quantity": "20", "unit": "箱", "price": ""},
			map[string]any{"product": "P2", "quantity": "3", "unit": "只", "price": ""},
		},
	}}})
	require.NoError(t, err)
	var gold score.Gold
	require.NoError(t, json.Unmarshal(encoded, &gold))
	return gold
}

func shop() *orders.Master {
	return &orders.Master{
		Products: []orders.Product{
			{Code: "P1", Name: "白云石", Unit: "箱", Aliases: []string{"三合土"}},
			{Code: "P2", Name: "青铜钟", Unit: "只"},
		},
		Customers: []orders.Customer{{Code: "C1", Name: "五台商行", Contact: "孟经理"}},
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, rule, in, want string }{
		{"no punctuation", "closes the gap", "白云石20箱，青铜钟3只！", "白云石20箱青铜钟3只"},
		{"no punctuation", "keeps what parts two numbers", "3.2，10箱；12:30前；周五，2只；2-0457", "3.2，10箱12:30前周五，2只2-0457"},
		{"no punctuation", "keeps what parts a price and an amount", "18块，5盒", "18块，5盒"},
		{"no punctuation", "keeps who speaks", "聊天记录：\n孟晓：白云石，有吗\n周婷：有\n孟晓：来1箱", "聊天记录\n孟晓：白云石有吗\n周婷：有\n孟晓：来1箱"},
		{"no punctuation", "keeps pictures, stars and line breaks", "[图片]《单》\n白云石*5", "[图片]单\n白云石*5"},
		{"spaces added", "where scripts meet and behind punctuation", "要M8螺母20箱，3只", "要 M8 螺母 20 箱，3 只"},
		{"full width", "all but line breaks", "A1 b,\n", "Ａ１　ｂ，\n"},
		{"traditional", "the commonest form", "发货两台", "發貨兩臺"},
		{"Chinese numerals", "before units only", "白云石20箱 M8 105个 12.5斤 2号 2箱", "白云石二十箱 M8 一百零五个 十二点五斤 二号 两箱"},
		{"Chinese numerals", "not in codes, clocks, stars and addresses", "A-20箱 *3箱 12块5 送到人民路18号", "A-20箱 *3箱 12块5 送到人民路18号"},
		{"digits", "before units only", "三合土二十箱 廿只 一万两千个 一起 周五 十几只 两百一箱", "三合土20箱 20只 12000个 一起 周五 十几只 两百一箱"},
		{"digits", "not in names, nor what only looks like an amount", "五台商行要三合土一点", "五台商行要三合土一点"},
		{"lists reversed", "parts of a line", "要货：白云石20箱，青铜钟3只，明天到", "要货：青铜钟3只，白云石20箱，明天到"},
		{"lists reversed", "lines", "下单\n白云石20箱\n青铜钟*3\n谢谢", "下单\n青铜钟*3\n白云石20箱\n谢谢"},
		{"lists reversed", "not what refers to its neighbours", "白云石20箱，青铜钟也3只\n白云石20箱\n改成3箱", "白云石20箱，青铜钟也3只\n白云石20箱\n改成3箱"},
		{"units by synonyms", "as ordered", "白云石20箱 青铜钟3只，5箱", "白云石20ctn 青铜钟3pcs，5箱"},
		{"other names", "but not general words, people and numbers", "孟经理要20箱 明天发顺丰", "孟经理要20箱 明天发顺丰"},
	} {
		t.Run(c.name+" "+c.rule, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, apply(t, c.name, c.in))
		})
	}
	require.NotContains(t, apply(t, "other names", "白云石20箱"), "云石")
}

// Names are exchanged one for one, so that doing it twice gives back what was there, and no word is lost.
func TestNamesAreExchanged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("石钟青铜螺管阀罩纱棉签手套要送到明天二十箱盒个路号的顺丰 \n,，A8"))).Draw(t, "text")
		once := apply(t, "other names", text)
		require.Equal(t, text, apply(t, "other names", once))
		require.Len(t, []rune(once), len([]rune(text)))
	})
}

// Numbers survive being written in Chinese and back.
func TestNumbersThereAndBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`白云石[1-9][0-9]{0,4}箱 青铜钟[1-9][0-9]{0,2}只`).Draw(t, "text")
		require.Equal(t, text, apply(t, "digits", apply(t, "Chinese numerals", text)))
	})
}
