package simulator

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // the platforms sign with it
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// padBlock is the block of the platforms' PKCS#7 padding, twice the cipher's own.
const padBlock = 32

// Box seals and opens the messages of one callback: WeCom app, 微信客服, or service account in
// safe mode. See https://developer.work.weixin.qq.com/document/path/90968.
type Box struct {
	token    string
	receiver string
	key      []byte
}

// NewBox makes the box of a callback. receiver is the CorpID, or the AppID of a service account.
// It fails when aesKey is not 43 characters that decode to 32 bytes.
func NewBox(token, aesKey, receiver string) (*Box, error) {
	if len(aesKey) != 43 {
		return nil, fmt.Errorf("aes key: %d characters, want 43", len(aesKey))
	}
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil {
		return nil, fmt.Errorf("aes key: %w", err)
	}
	return &Box{token: token, receiver: receiver, key: key}, nil
}

// Signature is the lower-case hexadecimal SHA-1 over the sorted token and parts.
func (b *Box) Signature(parts ...string) string {
	all := append([]string{b.token}, parts...)
	slices.Sort(all)
	sum := sha1.Sum([]byte(strings.Join(all, ""))) //nolint:gosec // the platforms sign with it
	return hex.EncodeToString(sum[:])
}

// Encrypt seals msg with the 16 random characters given.
func (b *Box) Encrypt(random string, msg []byte) string {
	return b.seal(layout(random, uint32(len(msg)), msg, b.receiver)) //nolint:gosec // messages are small
}

// layout lays out a plaintext: random, length, message, receiver.
func layout(random string, length uint32, msg []byte, receiver string) []byte {
	out := append([]byte{}, random...)
	out = binary.BigEndian.AppendUint32(out, length)
	out = append(out, msg...)
	return append(out, receiver...)
}

func (b *Box) seal(plain []byte) string {
	pad := padBlock - len(plain)%padBlock
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, err := aes.NewCipher(b.key)
	if err != nil {
		panic(err) // the key's length is checked in NewBox
	}
	out := make([]byte, len(plain))
	cipher.NewCBCEncrypter(block, b.key[:aes.BlockSize]).CryptBlocks(out, plain)
	return base64.StdEncoding.EncodeToString(out)
}

// Decrypt opens sealed and returns the message. It fails for anything but a well-formed message to
// this box's receiver.
func (b *Box) Decrypt(sealed string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, fmt.Errorf("base64: %w", err)
	}
	if len(raw) == 0 || len(raw)%padBlock != 0 {
		return nil, fmt.Errorf("ciphertext of %d bytes is no multiple of %d", len(raw), padBlock)
	}
	block, err := aes.NewCipher(b.key)
	if err != nil {
		return nil, err
	}
	cipher.NewCBCDecrypter(block, b.key[:aes.BlockSize]).CryptBlocks(raw, raw)
	pad := int(raw[len(raw)-1])
	if pad < 1 || pad > padBlock {
		return nil, fmt.Errorf("padding byte %d", pad)
	}
	raw = raw[:len(raw)-pad]
	if len(raw) < 20 {
		return nil, errors.New("plaintext is too short")
	}
	length := int(binary.BigEndian.Uint32(raw[16:20]))
	if length > len(raw)-20 {
		return nil, fmt.Errorf("length field %d exceeds the rest of %d", length, len(raw)-20)
	}
	if got := string(raw[20+length:]); got != b.receiver {
		return nil, fmt.Errorf("receiver %q, want %q", got, b.receiver)
	}
	return raw[20 : 20+length], nil
}

// mustBox is [NewBox] for the simulator's own credentials.
func mustBox(token, aesKey, receiver string) *Box {
	b, err := NewBox(token, aesKey, receiver)
	if err != nil {
		panic(fmt.Sprintf("simulator credentials: %v", err))
	}
	return b
}
