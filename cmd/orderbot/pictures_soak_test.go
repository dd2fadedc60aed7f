//go:build soak

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// Sixty real pictures are queued at once, with the real recogniser in its own process: all are read, while texts are
// answered as ever. It needs the models (make files).
//
// The figures that it prints: how long the texts took that were sent meanwhile, one after the other, the pause in which more
// may come included; how long the pictures took, and the most memory of this process (server, simulated platforms, test)
// and of the worker.
func TestSoakPictures(t *testing.T) {
	const pictures, writers = 60, 12
	models, err := filepath.Abs("../../.cache/ocr")
	require.NoError(t, err)
	var files [][]byte
	for _, pattern := range []string{"*.png", "*.jpg"} {
		found, err := filepath.Glob("../../orders/intake/testdata/corpus/files/" + pattern)
		require.NoError(t, err)
		for _, path := range found {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			files = append(files, data)
		}
	}
	require.NotEmpty(t, files)
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "orderbot.db"), medical, "ORDERBOT_TIMES__TURN_PAUSE=1500ms", "ORDERBOT_OCR__MODELS="+models)
	f.sellers(pictures + writers)
	f.serve()
	begin := time.Now()
	for i := range pictures {
		require.True(t, f.sim.WeCom.SendImage(t.Context(), fmt.Sprintf("seller%d", i), files[i%len(files)]).Accepted)
	}
	// answered tells whether the sender of a picture heard more than that it is being read.
	answered := func(i int) bool {
		return slices.ContainsFunc(f.wecom(fmt.Sprintf("seller%d", i))(), func(b simulator.Bubble) bool {
			return b.From == simulator.FromBot && !strings.Contains(b.Text, "正在识别")
		})
	}
	var took, read []time.Duration
	left := map[int]bool{}
	for i := range pictures {
		left[i] = true
	}
	for n := 1; len(left) > 0; n++ {
		require.Less(t, time.Since(begin), 20*time.Minute, "%d pictures are left", len(left))
		who := fmt.Sprintf("seller%d", pictures+n%writers)
		sent := time.Now()
		require.True(t, f.sim.WeCom.SendText(t.Context(), who, fmt.Sprintf("澜州一院 外科口罩%d盒", 100+n)).Accepted)
		see(t, "the draft of a text", f.wecom(who), offers("确认下单", fmt.Sprintf("%d盒", 100+n)))
		took = append(took, time.Since(sent))
		for i := range left {
			if answered(i) {
				delete(left, i)
				read = append(read, time.Since(begin))
			}
		}
	}
	quiet(t, f.sql(), patience)
	for i := range pictures {
		for _, b := range f.wecom(fmt.Sprintf("seller%d", i))() {
			require.NotContains(t, b.Text, "没能处理")
			require.NotContains(t, b.Text, "看不了图片")
		}
	}
	f.stop()
	var self, children syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &self))
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children))
	slices.Sort(took)
	late := 0
	for _, d := range took {
		if d > 2*time.Second {
			late++
		}
	}
	t.Logf("%d texts meanwhile: p50 %v, p95 %v, max %v to the draft; %d took more than 2 s", len(took),
		took[len(took)/2].Round(time.Millisecond), took[len(took)*95/100].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond), late)
	t.Logf("%d pictures read in %v (%v each); most memory: %d MiB here, %d MiB in the worker", pictures,
		read[len(read)-1].Round(time.Second), (read[len(read)-1] / pictures).Round(10*time.Millisecond), self.Maxrss>>10, children.Maxrss>>10)
}
