package simulator_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/client"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"
	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/bot/wecom"
)

var fetchPeers = sync.OnceValues(func() ([]byte, error) {
	return exec.Command("../../scripts/fetch-peers.sh").CombinedOutput()
})

// node starts a program of testdata beside the packages of others.
func node(t *testing.T, args ...string) (io.Writer, *bufio.Scanner) {
	t.Helper()
	said, err := fetchPeers()
	require.NoError(t, err, "%s", said)
	dir := os.Getenv("ORDERBOT_PEERS_DIR")
	if dir == "" {
		dir = filepath.Join("..", "..", ".cache", "peers")
	}
	modules, err := filepath.Abs(filepath.Join(dir, "node_modules"))
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "node", args...)
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		require.Empty(t, complaints.String())
	})
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	return in, lines
}

// sealer is a crypto package beside the simulator's own.
type sealer struct {
	seal func(text string) string
	open func(sealed string) (text string, id string)
	sign func(timestamp, nonce, sealed string) string
}

// TestCryptoAgreesWithOthers encrypts, decrypts and signs both ways between the simulator, npm's
// @wecom/crypto and the server's own package.
func TestCryptoAgreesWithOthers(t *testing.T) {
	t.Parallel()
	in, out := node(t, "testdata/crypto.cjs")
	ask := func(q object) string {
		line, err := json.Marshal(q)
		require.NoError(t, err)
		_, err = in.Write(append(line, '\n'))
		require.NoError(t, err)
		require.True(t, out.Scan(), out.Err())
		var said string
		require.NoError(t, json.Unmarshal(out.Bytes(), &said))
		return said
	}
	texts := []string{"", "x", "<xml><Content><![CDATA[A12 螺丝 500 盒，周五前到宁波]]></Content></xml>"}
	for n := range 70 {
		texts = append(texts, strings.Repeat("订", n)+strings.Repeat("a", n%5))
	}
	checks := 0
	for seed := range 20 {
		cred := simulator.New(simulator.Options{Seed: uint64(seed) + 1}).Credentials().WeCom
		token, key, id := cred.Token, cred.AESKey, cred.CorpID
		ours, err := simulator.NewBox(token, key, id)
		require.NoError(t, err)
		server, err := wecom.NewCrypt(token, key, id)
		require.NoError(t, err)
		others := map[string]sealer{
			"@wecom/crypto": {
				seal: func(text string) string { return ask(object{"does": "encrypt", "key": key, "text": text, "id": id}) },
				open: func(sealed string) (string, string) {
					var plain struct{ Text, ID string }
					require.NoError(t, json.Unmarshal([]byte(ask(object{"does": "decrypt", "key": key, "text": sealed})), &plain))
					return plain.Text, plain.ID
				},
				sign: func(timestamp, nonce, sealed string) string {
					return ask(object{"does": "sign", "token": token, "timestamp": timestamp, "nonce": nonce, "text": sealed})
				},
			},
			"the server": {
				seal: func(text string) string { return server.Seal([]byte(text)) },
				open: func(sealed string) (string, string) {
					plain, err := server.Open(sealed)
					require.NoError(t, err)
					return string(plain), id
				},
				sign: func(timestamp, nonce, sealed string) string { return server.Sign(timestamp, nonce, sealed) },
			},
		}
		for name, other := range others {
			for _, text := range texts {
				sealed := ours.Encrypt("0123456789abcdef", []byte(text))
				plain, to := other.open(sealed)
				require.Equal(t, text, plain, name)
				require.Equal(t, id, to, name)
				back, err := ours.Decrypt(other.seal(text))
				require.NoError(t, err, name)
				require.Equal(t, text, string(back), name)
				require.Equal(t, ours.Signature("1700000000", "nonce", sealed), other.sign("1700000000", "nonce", sealed), name)
				checks += 3
			}
		}
	}
	t.Logf("%d checks", checks)
}

// TestNodeStreamClientWorksOnOurGateway lets npm's dingtalk-stream take a message, a card click, an
// event and a ping, and come back after a cut.
func TestNodeStreamClientWorksOnOurGateway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.sim.DingTalk
	d.AddPerson("m1", "李经理", "")
	_, out := node(t, "testdata/stream.cjs", b.sim.DingTalkURL(), b.sim.DingTalkLegacyURL(), b.cred.DingTalk.ClientID, b.cred.DingTalk.ClientSecret)
	hear := func(what string) object {
		for out.Scan() {
			var line struct {
				What string
				Body any
			}
			require.NoError(t, json.Unmarshal(out.Bytes(), &line))
			if line.What == what {
				body, _ := line.Body.(object)
				return body
			}
		}
		require.Fail(t, "the bot ended", "%v", out.Err())
		return nil
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, d.WaitConnections(ctx, 1))

	p := d.SendText(ctx, "m1", "待办")
	require.True(t, p.OK(), p)
	require.Equal(t, p.MsgID, hear("message")["msgId"])
	require.Equal(t, "收到 待办", d.Screen("m1")[1].Text)

	_, delivered := b.ding("POST", createAndDeliver, b.dingCard("c1", "m1"))
	require.Equal(t, true, delivered["success"])
	p = d.Click(ctx, "m1", "c1", "approve")
	require.True(t, p.OK(), p)
	require.Equal(t, "c1", hear("click")["outTrackId"])
	require.Equal(t, "已同意", d.Screen("m1")[2].Title)
	require.Empty(t, d.Screen("m1")[2].Buttons)

	require.NoError(t, d.PushEvent(ctx, "user_leave_org", object{"userId": []string{"m2"}}).Err)
	require.Equal(t, "user_leave_org", hear("event")["eventType"])
	d.Ping()
	d.CutConnections()
	require.NoError(t, d.WaitConnections(ctx, 0))
	require.NoError(t, d.WaitConnections(ctx, 1), "it connects again")
	require.True(t, d.SendText(ctx, "m1", "又来").OK())
	hear("message")
	d.Disconnect()
}

// TestGoStreamClientWorksOnOurGateway does the same with the platform's Go SDK.
func TestGoStreamClientWorksOnOurGateway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.sim.DingTalk
	d.AddPerson("m1", "李经理", "")
	cli := client.NewStreamClient(
		client.WithAppCredential(client.NewAppCredentialConfig(b.cred.DingTalk.ClientID, b.cred.DingTalk.ClientSecret)),
		client.WithOpenApiHost(b.sim.DingTalkURL()),
	)
	reply := func(text string) func(context.Context, *payload.DataFrame) (*payload.DataFrameResponse, error) {
		return func(context.Context, *payload.DataFrame) (*payload.DataFrameResponse, error) {
			r := payload.NewSuccessDataFrameResponse()
			r.Data = text
			return r, nil
		}
	}
	cli.RegisterCallbackRouter(simulator.TopicBotMessage, reply(`{"response":null}`))
	cli.RegisterCallbackRouter(simulator.TopicCard, reply(`{"response":{"cardData":{"cardParamMap":{"title":"已同意"}}}}`))
	require.NoError(t, cli.Start(t.Context()))
	t.Cleanup(cli.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, d.WaitConnections(ctx, 1))
	require.True(t, d.SendText(ctx, "m1", "待办").OK())
	b.ding("POST", createAndDeliver, b.dingCard("c1", "m1"))
	require.True(t, d.Click(ctx, "m1", "c1", "approve").OK())
	require.Equal(t, "已同意", d.Screen("m1")[1].Title)
	p := d.PushRaw(ctx, "/v1.0/unknown", "{}", nil, time.Second)
	require.NoError(t, p.Err)
	require.Equal(t, 404, p.Ack.Code, fmt.Sprint(p))
	require.Empty(t, d.Flaws())
}
