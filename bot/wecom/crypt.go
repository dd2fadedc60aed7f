// Package wecom receives what WeCom (企业微信) calls back: messages and card clicks of the
// self-built app ([App]), the "come and pull" of 微信客服 ([KF], [Puller]). Its [Crypt] serves every
// surface that uses the platform's message encryption.
package wecom

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/silenceper/wechat/v2/util"
)

// Crypt signs, opens and seals messages of one callback address: AES-256-CBC with a 32-byte
// PKCS#7 block over random(16) ‖ length(4) ‖ message ‖ receiver. The receiver is the corp id
// (app, 微信客服), the app id (service account) or empty (AI bot).
type Crypt struct {
	token    string
	receiver string
	block    cipher.Block
	iv       []byte
}

const padBlock = 32

// ErrEnvelope is what a forged, foreign or broken envelope gives.
var ErrEnvelope = errors.New("wecom: bad envelope")

// NewCrypt returns the crypt of a callback with the given token and EncodingAESKey (43 characters).
func NewCrypt(token, aesKey, receiver string) (*Crypt, error) {
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil || len(key) != 32 {
		return nil, errors.New("wecom: the EncodingAESKey must be 43 letters and digits")
	}
	if token == "" {
		return nil, errors.New("wecom: the callback's token is empty")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("wecom: %w", err)
	}
	return &Crypt{token: token, receiver: receiver, block: block, iv: key[:aes.BlockSize]}, nil
}

// Sign returns the signature over the token and the given parts: timestamp and nonce, and the
// encrypted text where there is one.
func (c *Crypt) Sign(parts ...string) string {
	return util.Signature(append([]string{c.token}, parts...)...)
}

// Verify tells whether signature is that of the parts, in constant time.
func (c *Crypt) Verify(signature string, parts ...string) bool {
	return subtle.ConstantTimeCompare([]byte(signature), []byte(c.Sign(parts...))) == 1
}

// Open decrypts a message and checks its receiver. Whatever is wrong, the error is [ErrEnvelope].
func (c *Crypt) Open(encrypted string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(data) < padBlock || len(data)%padBlock != 0 {
		return nil, ErrEnvelope
	}
	cipher.NewCBCDecrypter(c.block, c.iv).CryptBlocks(data, data)
	pad := int(data[len(data)-1])
	if pad < 1 || pad > padBlock || len(data)-pad < 20 {
		return nil, ErrEnvelope
	}
	for _, b := range data[len(data)-pad:] {
		if int(b) != pad {
			return nil, ErrEnvelope
		}
	}
	data = data[16 : len(data)-pad]
	n := uint64(binary.BigEndian.Uint32(data))
	data = data[4:]
	if n > uint64(len(data)) || subtle.ConstantTimeCompare(data[n:], []byte(c.receiver)) != 1 {
		return nil, ErrEnvelope
	}
	return data[:n:n], nil
}

// Seal encrypts a message for the receiver.
func (c *Crypt) Seal(plain []byte) string {
	n := 20 + len(plain) + len(c.receiver)
	pad := padBlock - n%padBlock
	data := make([]byte, 20, n+pad)
	_, _ = rand.Read(data[:16])                               // never fails
	binary.BigEndian.PutUint32(data[16:], uint32(len(plain))) //nolint:gosec // messages are far below 4 GiB
	data = append(append(data, plain...), c.receiver...)
	for range pad {
		data = append(data, byte(pad))
	}
	cipher.NewCBCEncrypter(c.block, c.iv).CryptBlocks(data, data)
	return base64.StdEncoding.EncodeToString(data)
}
