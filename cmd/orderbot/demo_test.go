package main

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

// waitFor waits until somebody's chat shows what fits.
func waitFor(t *testing.T, d *demo, screen func() []simulator.Bubble, pattern string) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	text, err := d.see(ctx, screen, regexp.MustCompile(pattern))
	require.NoError(t, err)
	return text
}

func TestTheDemoGoesOnWhereItWasStopped(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	d := startDemo(t, folder)
	sales := func() []simulator.Bubble { return d.sim.WeCom.Screen("zhouting") }
	keeper := func() []simulator.Bubble { return d.sim.WeCom.Screen("zhengku") }
	waitFor(t, d, func() []simulator.Bubble { return d.sim.ServiceAccount.Screen(demoFollower) }, "绑定成功")
	d.sim.WeCom.SendText(t.Context(), "zhouting", "澜州市第一人民医院要医用外科口罩耳挂式1箱")
	id := waitFor(t, d, sales, `(SO\d{12})`)
	d.sim.WeCom.SendText(t.Context(), "zhouting", "确认 "+id)
	waitFor(t, d, keeper, "拣货 "+id)
	d.sim.WeCom.SendText(t.Context(), "zhengku", "发货 "+id+" SF1234567890123")
	waitFor(t, d, keeper, "已发货 "+id)
	followed := func() bool {
		o, err := d.server.store.FindOrder(t.Context(), orders.OrderID(id))
		require.NoError(t, err)
		return len(o.Shipments) == 1 && o.Shipments[0].Subscribed
	}
	require.Eventually(t, followed, patience, 20*time.Millisecond)
	require.NoError(t, d.clock.SetShift(90*time.Minute))
	require.NoError(t, d.close())

	d = startDemo(t, folder)
	require.Equal(t, 90*time.Minute, d.clock.Shift())
	require.True(t, d.sim.Kuaidi100.Subscribed("SF1234567890123"), "the parcel is followed again")
	d.sim.WeCom.SendText(t.Context(), "zhouting", "进度 "+id)
	waitFor(t, d, sales, id)
	d.sim.ServiceAccount.SendText(t.Context(), demoFollower, "我的订单到哪了")
	waitFor(t, d, func() []simulator.Bubble { return d.sim.ServiceAccount.Screen(demoFollower) }, "订单 "+id)
}

func TestTheDemoListensOnlyHere(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", "192.0.2.1:8099", "example.com:80", "8099"} {
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"demo", "--listen", address, "--data", t.TempDir()}, &program{stdin: strings.NewReader(""), stdout: &out, stderr: &errs})
		require.Equal(t, exitFailed, code, address)
		require.Empty(t, out.String())
		require.Contains(t, errs.String(), "--listen")
	}
}

func TestASecondDemoSaysThatThereIsOne(t *testing.T) {
	t.Parallel()
	first := startDemo(t, t.TempDir())
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"demo", "--listen", first.listener.Addr().String(), "--data", t.TempDir()}, &program{stdout: &out, stderr: &errs})
	require.Equal(t, exitFailed, code)
	require.Empty(t, out.String())
	require.Contains(t, errs.String(), "another demo")
}

func TestTheDemoPrintsOneAddressAndStops(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	printed := make(chan string, 8)
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"demo", "--listen", "127.0.0.1:0", "--data", t.TempDir()}, &program{stdout: lines(printed), stderr: t.Output()})
	}()
	require.Regexp(t, `^Demo: http://127\.0\.0\.1:\d+/\n$`, <-printed)
	stop()
	require.Equal(t, exitOK, <-code)
	require.Empty(t, printed)
}

// lines passes on what is written.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}
