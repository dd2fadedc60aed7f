package intake_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/intake/score"
	"orderbot/orders/ordertest"
)

const corpus = "testdata/corpus"

// catalogueSizes are the numbers of products that reading is measured with; half as many customers. 0 is the corpus's own
// master data.
var catalogueSizes = []int{0, 10_000, 100_000}

// corpusMessages are the texts of the open corpus with that master data.
func corpusMessages(t testing.TB, set string) []intake.Message {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(corpus, "messages.jsonl"))
	require.NoError(t, err)
	var out []intake.Message
	for line := range bytes.Lines(data) {
		var m struct {
			intake.Message
			Master string `json:"master"`
		}
		require.NoError(t, json.Unmarshal(line, &m))
		if m.Master == set {
			out = append(out, m.Message)
		}
	}
	return out
}

// catalogue is a set of the corpus's master data within a catalogue of that many products.
func catalogue(t testing.TB, set string, products int) *orders.Master {
	t.Helper()
	m, err := intake.LoadMaster(filepath.Join(corpus, set))
	require.NoError(t, err)
	if products == 0 {
		return m
	}
	return ordertest.Catalogue(m, products, products/2)
}

var lexicons sync.Map // by set and size

func benchLexicon(b *testing.B, set string, products int) *intake.Lexicon {
	b.Helper()
	key := fmt.Sprint(set, products)
	if x, ok := lexicons.Load(key); ok {
		return x.(*intake.Lexicon)
	}
	lexicons.Clear() // one at a time is in memory
	x := intake.NewLexicon(catalogue(b, set, products))
	lexicons.Store(key, x)
	return x
}

// oneCore keeps the benchmark on one core.
func oneCore(b *testing.B) {
	b.Helper()
	before := runtime.GOMAXPROCS(1)
	b.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// times collects how long each operation took.
type times []time.Duration

func (d times) report(b *testing.B) {
	b.Helper()
	all := slices.Sorted(slices.Values(d))
	var sum time.Duration
	for _, one := range all {
		sum += one
	}
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(all[(len(all)-1)/2]), "p50-ms")
	b.ReportMetric(ms(all[(len(all)-1)*99/100]), "p99-ms")
	b.ReportMetric(ms(all[len(all)-1]), "max-ms")
	b.ReportMetric(float64(len(all))/sum.Seconds(), "messages/s")
}

// conversation reads messages in order, each in its thread.
type conversation struct {
	x       *intake.Lexicon
	threads map[string]*intake.Thread
}

func (c *conversation) read(m intake.Message) intake.Result {
	res, next := c.x.Read(m, c.threads[m.Thread])
	if m.Thread != "" {
		c.threads[m.Thread] = next
	}
	return res
}

// BenchmarkRead reads the open corpus's messages in their conversations, one after the other on one core, against its own
// master data and against that within catalogues of so many products and half as many customers. exact-%, overask-% and
// silent-% tell how well: in a larger catalogue more words fit several goods and customers, so that more has to be asked.
//
// recognizers is the rate of @microsoft/recognizers-text-suite 1.3.1 (npm), recognising Chinese numbers and dates alone in
// the same messages; % is ours against it.
func BenchmarkRead(b *testing.B) {
	for _, set := range []string{"medical", "hardware"} {
		messages := corpusMessages(b, set)
		for _, products := range catalogueSizes {
			b.Run(fmt.Sprintf("%s/products=%d", set, products), func(b *testing.B) {
				x := benchLexicon(b, set, products)
				runtime.GC()
				oneCore(b)
				var took times
				c := conversation{x: x}
				for i := range b.N {
					if i%len(messages) == 0 {
						c.threads = map[string]*intake.Thread{}
					}
					m := messages[i%len(messages)]
					begin := time.Now()
					c.read(m)
					took = append(took, time.Since(begin))
				}
				took.report(b)
				r := accuracy(b, x, messages)
				b.ReportMetric(100*r.Exact.Rate(), "exact-%")
				b.ReportMetric(100*r.OverAsk.Rate(), "overask-%")
				b.ReportMetric(100*r.SilentError.Rate(), "silent-%")
				if rate, why := recognizers(b, messages); why == "" {
					var sum time.Duration
					for _, d := range took {
						sum += d
					}
					b.ReportMetric(rate, "recognizers/s")
					b.ReportMetric(100*float64(len(took))/sum.Seconds()/rate, "%recognizers")
				} else {
					b.Log("not measured beside recognizers-text-suite:", why)
				}
			})
		}
	}
}

// accuracy scores the messages' readings against the gold.
func accuracy(b *testing.B, x *intake.Lexicon, messages []intake.Message) score.Report {
	b.Helper()
	c := conversation{x: x, threads: map[string]*intake.Thread{}}
	var out bytes.Buffer
	mine := map[string]bool{}
	for _, m := range messages {
		res := c.read(m)
		res.Explain = nil
		line, err := json.Marshal(res)
		require.NoError(b, err)
		out.Write(append(line, '\n'))
		mine[m.ID] = true
	}
	outputs, err := score.ReadOutputs(&out)
	require.NoError(b, err)
	f, err := os.Open(filepath.Join(corpus, "gold.jsonl"))
	require.NoError(b, err)
	defer f.Close()
	golds, err := score.ReadGold(f)
	require.NoError(b, err)
	golds = slices.DeleteFunc(golds, func(g score.Gold) bool { return !mine[g.ID] })
	report := score.Summarise(golds, outputs)
	if name := os.Getenv("BENCH_WRONG"); name != "" {
		w, err := os.Create(name)
		require.NoError(b, err)
		defer w.Close()
		require.NoError(b, report.PrintWrong(w, 1000))
	}
	return report
}

// recognizers returns how many messages a second recognizers-text-suite does, or why that can't be told.
func recognizers(b *testing.B, messages []intake.Message) (rate float64, why string) {
	b.Helper()
	modules, err := filepath.Abs("../../.cache/recognizers/node_modules")
	require.NoError(b, err)
	if _, err := os.Stat(modules); err != nil {
		return 0, "it is not installed (make bench does that where node and npm are)"
	}
	texts := make([]string, len(messages))
	for i := range messages {
		texts[i] = messages[i].Text
	}
	in, err := json.Marshal(texts)
	require.NoError(b, err)
	command := exec.CommandContext(b.Context(), "node", "../../scripts/recognizers/rate.js")
	command.Env, command.Stdin = append(os.Environ(), "NODE_PATH="+modules), bytes.NewReader(in)
	out, err := command.Output()
	if err != nil {
		return 0, err.Error()
	}
	var told struct{ Texts, Seconds float64 }
	require.NoError(b, json.Unmarshal(out, &told))
	return told.Texts / told.Seconds, ""
}

// BenchmarkReadLong reads a message of 40 lines, each with goods, size, quantity and unit, and the worst messages of 4 KB
// that fuzzing found (testdata/worst), against catalogues of so many products, on one core.
func BenchmarkReadLong(b *testing.B) {
	for _, products := range catalogueSizes {
		for name, text := range longMessages(b) {
			b.Run(fmt.Sprintf("products=%d/%s", products, name), func(b *testing.B) {
				x := benchLexicon(b, "medical", products)
				runtime.GC()
				oneCore(b)
				var took times
				for range b.N {
					begin := time.Now()
					x.Read(intake.Message{ID: "m", Time: wednesday(b), Role: intake.RoleSales, Text: text}, nil)
					took = append(took, time.Since(begin))
				}
				took.report(b)
			})
		}
	}
}

// longMessages are the messages of BenchmarkReadLong by name.
func longMessages(t testing.TB) map[string]string {
	t.Helper()
	m, err := intake.LoadMaster(filepath.Join(corpus, "medical"))
	require.NoError(t, err)
	lines := []string{"澜州一院 明天下午前送到"}
	for i := range 40 {
		p := &m.Products[i*3%len(m.Products)]
		name := p.Name
		if len(p.Aliases) > 0 && i%2 == 0 {
			name = p.Aliases[0]
		}
		size, _, _ := strings.Cut(p.Spec, " ")
		lines = append(lines, fmt.Sprintf("%s %s %d%s", name, size, i+1, p.Unit))
	}
	out := map[string]string{"lines=40": strings.Join(lines, "\n")}
	worst, err := filepath.Glob("testdata/worst/*.txt")
	require.NoError(t, err)
	for _, name := range worst {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		out["worst="+strings.TrimSuffix(filepath.Base(name), ".txt")] = string(data)
	}
	return out
}

// BenchmarkLexicon builds the lexicon of catalogues of so many products and half as many customers, on one core. MB is what
// it holds with its master data, peak-MB the heap when it has been built.
func BenchmarkLexicon(b *testing.B) {
	for _, products := range catalogueSizes[1:] {
		b.Run(fmt.Sprintf("products=%d", products), func(b *testing.B) {
			lexicons.Clear()
			m := catalogue(b, "medical", products)
			oneCore(b)
			var sum, peak, held float64
			n := min(b.N, 3)
			for range n {
				var mem runtime.MemStats
				runtime.GC()
				begin := time.Now()
				x := intake.NewLexicon(m)
				sum += time.Since(begin).Seconds()
				runtime.ReadMemStats(&mem)
				peak = max(peak, float64(mem.HeapInuse))
				runtime.GC()
				runtime.ReadMemStats(&mem)
				held = float64(mem.HeapAlloc)
				runtime.KeepAlive(x)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(sum/float64(n), "build-s")
			b.ReportMetric(held/1e6, "MB")
			b.ReportMetric(peak/1e6, "peak-MB")
		})
	}
}

// BenchmarkChange gives one product of a catalogue another alias, or adds a product, and reads the next message by the new
// words, on one core.
func BenchmarkChange(b *testing.B) {
	for _, products := range catalogueSizes[1:] {
		m := catalogue(b, "medical", products)
		first := intake.NewLexicon(m)
		run := func(what string, change func(x *intake.Lexicon, i int) *intake.Lexicon, words string) {
			b.Run(fmt.Sprintf("products=%d/%s", products, what), func(b *testing.B) {
				runtime.GC()
				oneCore(b)
				x := first
				var took times
				for i := range min(b.N, 200) {
					begin := time.Now()
					x = change(x, i)
					res, _ := x.Read(intake.Message{ID: "m", Time: wednesday(b), Role: intake.RoleSales, Text: "澜州一院 " + fmt.Sprintf(words, i) + "20箱"}, nil)
					took = append(took, time.Since(begin))
					require.NotEmpty(b, res.Orders[0].Lines[0].Product)
				}
				took.report(b)
			})
		}
		alias := func(i int) orders.Product {
			p := m.Products[products/2+i%100]
			p.Aliases = append(slices.Clone(p.Aliases), fmt.Sprintf("蓝面片%d型", i))
			return p
		}
		run("alias", func(x *intake.Lexicon, i int) *intake.Lexicon {
			return x.With(intake.Change{Products: []orders.Product{alias(i)}})
		}, "蓝面片%d型")
		run("product", func(x *intake.Lexicon, i int) *intake.Lexicon {
			p := m.Products[products/2]
			p.Code, p.Name, p.Aliases = orders.ProductCode(fmt.Sprintf("NEW%04d", i)), fmt.Sprintf("额温枪%d型", i), nil
			return x.With(intake.Change{Products: []orders.Product{p}})
		}, "额温枪%d型")
	}
}
