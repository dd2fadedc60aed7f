package config_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/config"
)

var update = flag.Bool("update", false, "rewrite the golden messages")

const aesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := config.Load("", nil)
	require.NoError(t, err)
	require.Equal(t, &config.Config{
		Server:   config.Server{Listen: "127.0.0.1:8080"},
		Database: config.Database{URL: config.NewSecret("sqlite:data/orderbot.db")},
		Events:   config.Events{URL: config.NewSecret("database")},
		Robots:   []config.Robot{},
		OCR:      config.OCR{Workers: 1},
		Stock:    config.Stock{SafetyStock: "keep"},
		Delivery: config.Delivery{CutOff: "16:00", CutOffs: []config.CutOff{}, LineOrders: 5, Lines: []config.Line{}, Weather: []config.Weather{}},
		Returns:  config.Returns{FinanceFrom: 5000, Limit: 48 * time.Hour, ErrorCost: "50 * 4"},
		Surgery:  config.Surgery{Lead: 72 * time.Hour, Margin: 24 * time.Hour, Ahead: 48 * time.Hour},
		Reports:  config.Reports{KeyCustomers: []string{"A", "VIP"}},
		Times: config.Times{
			DraftExpires: 24 * time.Hour, ReservationExpires: 24 * time.Hour, ApprovalLimit: 4 * time.Hour,
			UrgentRepeat: 3 * time.Minute, UrgentWithin: 48 * time.Hour, ShipWithin: 24 * time.Hour, ExceptionLimit: 4 * time.Hour, ParcelSilence: 24 * time.Hour, BindingCode: 10 * time.Minute, DuplicateWindow: 24 * time.Hour,
			TurnPause: 1500 * time.Millisecond, Polling: []time.Duration{2 * time.Hour, 4 * time.Hour, 8 * time.Hour}, KeepMessages: 180 * 24 * time.Hour,
		},
	}, c)
}

func TestExample(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../orderbot.example.yaml")
	require.NoError(t, err)
	c, err := config.Load("../orderbot.example.yaml", nil)
	require.NoError(t, err)

	// Every key stands in the example, and the defaults are what it shows.
	for _, name := range config.EnvNames() {
		path := strings.Split(strings.ToLower(strings.TrimPrefix(name, "ORDERBOT_")), "__")
		if key := path[len(path)-1]; path[0] != "ocr" {
			require.Regexp(t, `\b`+key+`:`, string(data), name)
		}
	}
	require.Equal(t, 1000002, c.WeCom.AgentID)
	require.Equal(t, aesKey, c.WeCom.KF.AESKey.Reveal())
	require.Equal(t, "callback", c.WeCom.AIBot.Mode)
	require.Equal(t, "dingxxxxxxxxxxxxxxxx", c.DingTalk.RobotCode)
	require.Equal(t, "SMS_2", c.SMS.Aliyun.Templates.Delayed)
	require.Equal(t, "1400000000", c.SMS.Tencent.AppID)
	require.Equal(t, "销售群", c.Robots[1].Name)
	require.Equal(t, 465, c.SMTP.Port)
	defaults, err := config.Load("", nil)
	require.NoError(t, err)
	require.Equal(t, defaults.Times, c.Times)
	require.Equal(t, defaults.Database, c.Database)
}

func TestBadFilesNameEveryMistake(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(file, nil)
			require.Error(t, err)
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(err.Error()+"\n"), 0o644))
			}
			want, readErr := os.ReadFile(golden)
			require.NoError(t, readErr)
			require.Equal(t, string(want), err.Error()+"\n")
			require.NotContains(t, err.Error(), "verysecret")
		})
	}
}

func TestEnvironmentGoesBeforeTheFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "orderbot.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`
server: {public_url: "https://file.example.com/"}
wecom: {corp_id: ww1, agent_id: 7, secret: 0123, token: 1e5, aes_key: `+aesKey+`}
robots: [{name: a, webhook: "https://example.com/a"}]
dingtalk:
`), 0o600))
	c, err := config.Load(file, []string{
		"HOME=/root", "ORDERBOT_PORT=tcp://10.0.0.1:80", "ORDERBOT_SERVICE_HOST=10.0.0.1",
		"ORDERBOT_SERVER__LISTEN=127.0.0.1:0",
		"ORDERBOT_DATABASE__URL=mysql://u:p@127.0.0.1:3306/o?x=a=b",
		"ORDERBOT_WECOM__AGENT_ID=8", "ORDERBOT_WECOM__TOKEN=",
		"ORDERBOT_LOGISTICS__KUAIDI100__KEY=file:testdata/secret", "ORDERBOT_LOGISTICS__KUAIDI100__CUSTOMER=c",
		"ORDERBOT_TIMES__POLLING=30m, 1h",
		"ORDERBOT_ROBOTS__0__NAME=b", "ORDERBOT_ROBOTS__0__WEBHOOK=https://example.com/b",
		"ORDERBOT_RULES=testdata/secret",
	})
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:0", c.Server.Listen)
	require.Equal(t, "https://file.example.com", c.Server.PublicURL, "no slash at the end")
	require.Equal(t, "mysql://u:p@127.0.0.1:3306/o?x=a=b", c.Database.URL.Reveal())
	require.Equal(t, 8, c.WeCom.AgentID)
	require.Equal(t, "0123", c.WeCom.Secret.Reveal(), "as written, no octal number")
	require.Equal(t, "1e5", c.WeCom.Token.Reveal())
	require.Equal(t, "from-the-file", c.Logistics.Kuaidi100.Key.Reveal())
	require.Equal(t, []time.Duration{30 * time.Minute, time.Hour}, c.Times.Polling)
	require.Equal(t, []config.Robot{{Name: "b", Webhook: config.NewSecret("https://example.com/b")}}, c.Robots)
	require.Equal(t, "testdata/secret", c.Rules)
	require.Nil(t, c.DingTalk, "a section without content is switched off")
	require.Nil(t, c.SMTP)
}

func TestBadEnvironment(t *testing.T) {
	t.Parallel()
	_, err := config.Load("", []string{
		"ORDERBOT_SERVER_LISTEN=127.0.0.1:1", "ORDERBOT_SERVER__LISEN=127.0.0.1:1", "ORDERBOT_ROBOTS__1__NAME=b",
		"ORDERBOT_TIMES__TURN_PAUSE=long",
	})
	require.EqualError(t, err, `ORDERBOT_SERVER_LISTEN: write ORDERBOT_SERVER__LISTEN
server.lisen: there is no such key
robots: its members must be numbered from 0 without a gap
times.turn_pause: "long" is no duration such as 200ms, 10s or 4h`)
}

func TestEveryKeyCanComeFromTheEnvironment(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"LISTEN": "127.0.0.1:0", "URL": "database", "AES_KEY": aesKey, "MODE": "socket", "PORT": "25", "AGENT_ID": "3", "WORKERS": "2", "SAFETY_STOCK": "use", "REQUIRE_PAYMENT": "true", "FINANCE_FROM": "100", "LIMIT": "24h", "LEAD": "48h", "MARGIN": "12h", "AHEAD": "24h", "CUT_OFF": "15:30", "LINE_ORDERS": "3",
		"RULES": "testdata/secret", "WEBHOOK": "https://127.0.0.1",
	}
	var env []string
	for _, name := range config.EnvNames() {
		path := strings.Split(strings.TrimPrefix(name, "ORDERBOT_"), "__")
		key := path[len(path)-1]
		value, special := values[key]
		switch {
		case name == "ORDERBOT_DATABASE__URL":
			value = "sqlite:x"
		case special:
		case strings.HasSuffix(key, "_URL"):
			value = "http://127.0.0.1:1"
		case name == "ORDERBOT_TIMES__KEEP_MESSAGES":
			value = "720h"
		case strings.HasPrefix(name, "ORDERBOT_TIMES__"):
			value = "7s"
		case strings.HasPrefix(name, "ORDERBOT_OCR__"):
			value = "testdata/secret"
		case name == "ORDERBOT_ROBOTS":
			env = append(env, name+"__0__NAME=n", name+"__0__WEBHOOK=https://127.0.0.1", name+"__0__SECRET=s")
			continue
		case name == "ORDERBOT_DELIVERY__CUT_OFFS":
			env = append(env, name+"__0__WAREHOUSE=n", name+"__0__AT=09:00")
			continue
		case name == "ORDERBOT_DELIVERY__LINES":
			env = append(env, name+"__0__NAME=n", name+"__0__ORDERS=2")
			continue
		case name == "ORDERBOT_DELIVERY__WEATHER":
			env = append(env, name+"__0__REGION=n", name+"__0__DAYS=2", name+"__0__FROM=2026-01-01", name+"__0__UNTIL=2026-01-02", name+"__0__WHY=x")
			continue
		default:
			value = "x"
		}
		env = append(env, name+"="+value)
	}
	c, err := config.Load("", env)
	require.NoError(t, err)
	require.Equal(t, "x", c.WeCom.AIBot.BotID)
	require.Equal(t, 7*time.Second, c.Times.TurnPause)
	require.Equal(t, "http://127.0.0.1:1", c.Logistics.SF.APIURL)
	require.Equal(t, []config.Line{{Name: "n", Orders: 2}}, c.Delivery.Lines)
}

func TestNamedFileMustExist(t *testing.T) {
	t.Parallel()
	_, err := config.Load("testdata/no-such.yaml", nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	c, err := config.Load("../orderbot.example.yaml", []string{
		"ORDERBOT_DATABASE__URL=mysql://u:verysecret@127.0.0.1/o", "ORDERBOT_WECOM__SECRET=verysecret",
		"ORDERBOT_ROBOTS__0__NAME=n", "ORDERBOT_ROBOTS__0__WEBHOOK=https://example.com/verysecret",
	})
	require.NoError(t, err)
	var shown strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&shown, verb, *c.WeCom)
		fmt.Fprintf(&shown, verb, c.WeCom.Secret)
		fmt.Fprintf(&shown, verb, c.Robots)
		fmt.Fprintf(&shown, verb, c)
	}
	data, err := json.Marshal([]any{c, c.WeCom.Secret})
	require.NoError(t, err)
	shown.Write(data)
	slog.New(slog.NewTextHandler(&shown, nil)).Info("settings", "secret", c.WeCom.Secret, "wecom", c.WeCom, "all", c)
	slog.New(slog.NewJSONHandler(&shown, nil)).Info("settings", "secret", c.WeCom.Secret, "wecom", c.WeCom, "all", c)
	require.False(t, strings.Contains(shown.String(), "verysecret"), "shown as it is")
	require.False(t, strings.Contains(shown.String(), fmt.Sprintf("%x", "verysecret")), "shown in hexadecimal")
	require.Contains(t, shown.String(), "***")
}
