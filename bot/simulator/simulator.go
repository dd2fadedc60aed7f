package simulator

import (
	"context"
	crand "crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Platform names one simulated host.
type Platform string

// The simulated hosts.
const (
	PlatformWeCom           Platform = "wecom"            // qyapi.weixin.qq.com, 微信客服 included
	PlatformServiceAccount  Platform = "service_account"  // api.weixin.qq.com
	PlatformDingTalk        Platform = "dingtalk"         // api.dingtalk.com, Stream gateway and session webhooks included
	PlatformDingTalkLegacy  Platform = "dingtalk_legacy"  // oapi.dingtalk.com
	PlatformKuaidi100       Platform = "kuaidi100"        // poll.kuaidi100.com
	PlatformKuaidi100Detect Platform = "kuaidi100_detect" // www.kuaidi100.com
)

// Platforms returns all simulated hosts.
func Platforms() []Platform {
	return []Platform{
		PlatformWeCom, PlatformServiceAccount, PlatformDingTalk, PlatformDingTalkLegacy,
		PlatformKuaidi100, PlatformKuaidi100Detect,
	}
}

// Options are the settings of a [Simulator]; the zero value works.
type Options struct {
	// Now is the platforms' clock; nil is the machine's.
	Now func() time.Time
	// Logger takes what the simulator has to say beside [Simulator.Calls]; nil discards it.
	Logger *slog.Logger
	// Seed makes credentials, ids and random choices repeatable; 0 draws one.
	Seed uint64
	// Serial is where running numbers such as MsgId begin: for a server whose database outlives the
	// simulator and must not take new messages for old ones.
	Serial uint64
	// Addresses gives a host a fixed address such as "127.0.0.1:9001"; the others get a free port
	// of 127.0.0.1.
	Addresses map[Platform]string
	// Credentials are those of the simulated tenant; empty fields are drawn at random.
	Credentials Credentials
}

// Credentials are what the server under test must be configured with.
type Credentials struct {
	WeCom          WeComCredentials
	ServiceAccount ServiceAccountCredentials
	DingTalk       DingTalkCredentials
	Kuaidi100      Kuaidi100Credentials
}

// WeComCredentials are of a company, its self-built app, and its 微信客服.
type WeComCredentials struct {
	CorpID  string
	AgentID int
	Secret  string
	Token   string
	AESKey  string // 43 characters of [A-Za-z0-9]
	KF      KFCredentials
}

// KFCredentials are of 微信客服 with its own secret and its own callback.
type KFCredentials struct {
	Secret string
	Token  string
	AESKey string
	// OpenKfID is the account people write to.
	OpenKfID string
}

// ServiceAccountCredentials are of one service account.
type ServiceAccountCredentials struct {
	AppID      string
	Secret     string
	Token      string
	AESKey     string
	OriginalID string // gh_…, the ToUserName of its messages
}

// DingTalkCredentials are of one internal app with a bot.
type DingTalkCredentials struct {
	ClientID     string
	ClientSecret string
	RobotCode    string // equals ClientID
	CorpID       string
}

// Kuaidi100Credentials are of one customer. Salt is what the customer would put into its
// subscriptions; the platform takes it from there.
type Kuaidi100Credentials struct {
	Customer string
	Key      string
	Salt     string
}

// Simulator is the set of simulated platforms. All methods may be called concurrently.
type Simulator struct {
	WeCom          *WeCom
	KF             *KF
	ServiceAccount *ServiceAccount
	DingTalk       *DingTalk
	Kuaidi100      *Kuaidi100

	now   func() time.Time
	log   *slog.Logger
	cred  Credentials
	hosts map[Platform]*host
	calls callLog
	fault faultBook
	dist  distributor

	randMu sync.Mutex
	rand   *rand.Rand
	serial uint64

	client *http.Client
	life   context.Context // ends with Close; background deliveries hang on it
	end    context.CancelFunc
	served errands // listeners and the keepers of connections
	work   errands // deliveries that the simulator started by itself
}

// errands counts goroutines for those who wait for their end.
type errands struct {
	mu   sync.Mutex
	idle *sync.Cond
	n    int
}

// run runs f and counts it.
func (e *errands) run(f func()) {
	e.add(1)
	go func() {
		defer e.add(-1)
		f()
	}()
}

func (e *errands) add(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.n += n; e.n == 0 && e.idle != nil {
		e.idle.Broadcast()
	}
}

func (e *errands) wait() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.idle == nil {
		e.idle = sync.NewCond(&e.mu)
	}
	for e.n > 0 {
		e.idle.Wait()
	}
}

// New makes a simulator that listens nowhere yet.
func New(o Options) *Simulator {
	if o.Now == nil {
		o.Now = realNow
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Seed == 0 {
		var b [8]byte
		_, _ = crand.Read(b[:])
		o.Seed = binary.LittleEndian.Uint64(b[:])
	}
	s := &Simulator{
		now:   o.Now,
		log:   o.Logger,
		rand:  rand.New(rand.NewPCG(o.Seed, 0x6f72646572626f74)), //nolint:gosec // a repeatable test double needs no secrecy
		hosts: make(map[Platform]*host), serial: o.Serial,
	}
	s.life, s.end = context.WithCancel(context.Background())
	s.client = &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // platforms follow none
		},
	}
	s.dist.policy = DefaultDeliveryPolicy()
	s.cred = s.fill(o.Credentials)
	for _, p := range Platforms() {
		s.hosts[p] = newHost(s, p, o.Addresses[p])
	}
	s.WeCom = newWeCom(s)
	s.KF = newKF(s)
	s.ServiceAccount = newServiceAccount(s)
	s.DingTalk = newDingTalk(s)
	s.Kuaidi100 = newKuaidi100(s)
	return s
}

// fill draws the credentials that c leaves empty.
func (s *Simulator) fill(c Credentials) Credentials {
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	set(&c.WeCom.CorpID, "ww"+s.hex(16))
	if c.WeCom.AgentID == 0 {
		c.WeCom.AgentID = 1000002
	}
	set(&c.WeCom.Secret, s.word(43))
	set(&c.WeCom.Token, s.word(24))
	set(&c.WeCom.AESKey, s.aesKey())
	set(&c.WeCom.KF.Secret, s.word(43))
	set(&c.WeCom.KF.Token, s.word(24))
	set(&c.WeCom.KF.AESKey, s.aesKey())
	set(&c.WeCom.KF.OpenKfID, "wk"+s.word(30))
	set(&c.ServiceAccount.AppID, "wx"+s.hex(16))
	set(&c.ServiceAccount.Secret, s.hex(32))
	set(&c.ServiceAccount.Token, s.word(24))
	set(&c.ServiceAccount.AESKey, s.aesKey())
	set(&c.ServiceAccount.OriginalID, "gh_"+s.hex(12))
	set(&c.DingTalk.ClientID, "ding"+strings.ToLower(s.word(16)))
	set(&c.DingTalk.ClientSecret, s.word(64))
	set(&c.DingTalk.RobotCode, c.DingTalk.ClientID)
	set(&c.DingTalk.CorpID, "ding"+s.hex(32))
	set(&c.Kuaidi100.Customer, strings.ToUpper(s.hex(32)))
	set(&c.Kuaidi100.Key, s.word(12))
	set(&c.Kuaidi100.Salt, s.word(16))
	return c
}

// Start listens on all hosts. Close must follow, also after an error.
func (s *Simulator) Start() error {
	for _, p := range Platforms() {
		if err := s.hosts[p].start(s.life); err != nil {
			return fmt.Errorf("start %s: %w", p, err)
		}
	}
	return nil
}

// Close stops listening, cuts every connection and waits for deliveries under way.
func (s *Simulator) Close() {
	s.end()
	for _, h := range s.hosts {
		h.close()
	}
	s.DingTalk.closeAll()
	s.work.wait()
	s.served.wait()
	s.client.CloseIdleConnections()
}

// Wait blocks until no delivery that the simulator started by itself is under way, such as the
// result event of a template message.
func (s *Simulator) Wait() { s.work.wait() }

// background runs f as work that Close and Wait wait for.
func (s *Simulator) background(f func(context.Context)) {
	s.work.run(func() { f(s.life) })
}

// Credentials returns what the server under test must be configured with.
func (s *Simulator) Credentials() Credentials { return s.cred }

// WeComURL is the value for wecom.api_url.
func (s *Simulator) WeComURL() string { return s.hosts[PlatformWeCom].url() }

// ServiceAccountURL is the value for service_account.api_url.
func (s *Simulator) ServiceAccountURL() string { return s.hosts[PlatformServiceAccount].url() }

// DingTalkURL is the value for dingtalk.api_url.
func (s *Simulator) DingTalkURL() string { return s.hosts[PlatformDingTalk].url() }

// DingTalkLegacyURL is the value for dingtalk.legacy_api_url.
func (s *Simulator) DingTalkLegacyURL() string { return s.hosts[PlatformDingTalkLegacy].url() }

// Kuaidi100URL is the value for logistics.kuaidi100.api_url.
func (s *Simulator) Kuaidi100URL() string { return s.hosts[PlatformKuaidi100].url() }

// Kuaidi100DetectURL is the value for logistics.kuaidi100.detect_url.
func (s *Simulator) Kuaidi100DetectURL() string { return s.hosts[PlatformKuaidi100Detect].url() }

// WaitQuiet returns when no connection to any host is left. Where the only client has just died,
// everything that it had on its way is done then.
func (s *Simulator) WaitQuiet(ctx context.Context) error {
	for _, h := range s.hosts {
		if err := h.waitQuiet(ctx); err != nil {
			return fmt.Errorf("wait until %s is quiet: %w", h.platform, err)
		}
	}
	return nil
}

// SetDown takes the host of p away, or brings it back with [Up].
func (s *Simulator) SetDown(p Platform, mode DownMode) { s.hosts[p].setDown(mode) }

// word returns n random characters of [A-Za-z0-9].
func (s *Simulator) word(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	return s.draw(n, alphabet)
}

// hex returns n random lower-case hexadecimal digits.
func (s *Simulator) hex(n int) string { return s.draw(n, "0123456789abcdef") }

func (s *Simulator) draw(n int, alphabet string) string {
	s.randMu.Lock()
	defer s.randMu.Unlock()
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[s.rand.IntN(len(alphabet))]
	}
	return string(b)
}

// pick returns a random index below n.
func (s *Simulator) pick(n int) int {
	s.randMu.Lock()
	defer s.randMu.Unlock()
	return s.rand.IntN(n)
}

// next returns the next number of the simulator, for ids that must not repeat.
func (s *Simulator) next() uint64 {
	s.randMu.Lock()
	defer s.randMu.Unlock()
	s.serial++
	return s.serial
}

// aesKey draws an EncodingAESKey: 32 bytes in base64 without the final "=", letters and digits only.
func (s *Simulator) aesKey() string {
	for {
		raw := make([]byte, 0, 32)
		s.randMu.Lock()
		for len(raw) < cap(raw) {
			raw = binary.BigEndian.AppendUint64(raw, s.rand.Uint64())
		}
		s.randMu.Unlock()
		key := strings.TrimSuffix(base64.StdEncoding.EncodeToString(raw), "=")
		if !strings.ContainsAny(key, "+/") {
			return key
		}
	}
}

// realNow is the machine's clock: for a simulator without a clock of its own, and for what a
// network does on the real clock whatever the platforms' clock says.
func realNow() time.Time {
	return time.Now() //nolint:forbidigo // the one place, see above
}

// stopwatch starts measuring on the real clock.
func stopwatch() func() time.Duration {
	start := realNow()
	return func() time.Duration { return realNow().Sub(start) }
}
