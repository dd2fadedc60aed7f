package wecom_test

import (
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/silenceper/wechat/v2/util"
	"github.com/stretchr/testify/require"

	"orderbot/bot/wecom"
)

// The example of the platform's own documentation.
const (
	docToken  = "QDG6eK"
	docKey    = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	docCorp   = "wx5823bf96d3bd56c7"
	docEcho   = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
	docSigned = "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3"
)

func newCrypt(t testing.TB, receiver string) *wecom.Crypt {
	t.Helper()
	c, err := wecom.NewCrypt(docToken, docKey, receiver)
	require.NoError(t, err)
	return c
}

func TestCryptDocumentedExample(t *testing.T) {
	t.Parallel()
	c := newCrypt(t, docCorp)
	require.True(t, c.Verify(docSigned, "1409659589", "263014780", docEcho))
	require.False(t, c.Verify(docSigned, "1409659588", "263014780", docEcho))
	require.False(t, c.Verify("", "1409659589", "263014780", docEcho))
	plain, err := c.Open(docEcho)
	require.NoError(t, err)
	require.Equal(t, "1616140317555161061", string(plain))
}

// The SDK's crypto is the peer: each opens what the other sealed.
func TestCryptAgreesWithPeer(t *testing.T) {
	t.Parallel()
	c := newCrypt(t, "corp")
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		text := strings.Repeat("螺丝A12 ", n) + strings.Repeat("x", rnd.IntN(40))
		sealed := c.Seal([]byte(text))
		_, plain, err := util.DecryptMsg("corp", sealed, docKey)
		require.NoError(t, err)
		require.Equal(t, text, string(plain))

		random := []byte("0123456789abcdef")
		theirs, err := util.EncryptMsg(random, []byte(text), "corp", docKey)
		require.NoError(t, err)
		plain, err = c.Open(string(theirs))
		require.NoError(t, err)
		require.Equal(t, text, string(plain))
	}
}

func TestCryptEmptyReceiver(t *testing.T) {
	t.Parallel()
	c := newCrypt(t, "")
	for _, text := range []string{"", "x", strings.Repeat("中", 1000)} {
		plain, err := c.Open(c.Seal([]byte(text)))
		require.NoError(t, err)
		require.Equal(t, text, string(plain))
	}
	_, err := c.Open(newCrypt(t, "corp").Seal([]byte("x")))
	require.ErrorIs(t, err, wecom.ErrEnvelope)
	_, err = newCrypt(t, "corp").Open(c.Seal([]byte("x")))
	require.ErrorIs(t, err, wecom.ErrEnvelope)
}

func TestCryptRefuses(t *testing.T) {
	t.Parallel()
	c := newCrypt(t, "corp")
	good, err := base64.StdEncoding.DecodeString(c.Seal([]byte("hello")))
	require.NoError(t, err)
	cut := base64.StdEncoding.EncodeToString
	for name, text := range map[string]string{
		"nothing":                "",
		"no base64":              "%%%",
		"one byte short":         cut(good[:len(good)-1]),
		"one AES block":          cut(good[:16]),
		"last block cut":         cut(good[:len(good)-32]),
		"another key":            docEcho,
		"a block in front":       cut(append(make([]byte, 32), good...)),
		"garbage":                cut(make([]byte, 64)),
		"another's receiver":     newCrypt(t, "corp2").Seal([]byte("hello")),
		"receiver is only begun": newCrypt(t, "cor").Seal([]byte("hello")),
	} {
		_, err := c.Open(text)
		require.ErrorIs(t, err, wecom.ErrEnvelope, name)
	}
}

func TestNewCryptRefusesBadKeys(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "short", docKey + "A", strings.Repeat("%", 43)} {
		_, err := wecom.NewCrypt("token", key, "corp")
		require.Error(t, err, key)
	}
	_, err := wecom.NewCrypt("", docKey, "corp")
	require.Error(t, err)
}

func FuzzOpen(f *testing.F) {
	c := newCrypt(f, "corp")
	f.Add(c.Seal([]byte("hello")))
	f.Add(docEcho)
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		plain, err := c.Open(text)
		if err != nil && plain != nil {
			t.Errorf("Open(%q) = %q with an error", text, plain)
		}
	})
}
