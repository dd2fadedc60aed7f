package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checks are the rules of the `is` tags. Their errors never repeat a value: it may be secret.
var checks = map[string]func(string) error{
	"host:port": func(s string) error {
		_, port, err := net.SplitHostPort(s)
		if err != nil {
			return errors.New("must be host:port, such as 127.0.0.1:8080")
		}
		return isPort(port, 0)
	},
	"port":    func(s string) error { return isPort(s, 1) },
	"url":     func(s string) error { _, err := webURL(s); return err },
	"api_url": isAPIURL,
	"webhook": func(s string) error {
		_, err := webURL(s)
		return err
	},
	"database": func(s string) error {
		if path, ok := strings.CutPrefix(s, "sqlite:"); ok && path != "" {
			return nil
		}
		return urlOf(s, "mysql", "must be sqlite:PATH or mysql://user:password@host:port/name")
	},
	"events": func(s string) error {
		if s == "database" {
			return nil
		}
		return urlOf(s, "nats", "must be database or nats://host:port")
	},
	"aes_key": func(s string) error {
		// platforms/wechat: 43 characters that are 32 bytes in base64 without its last =
		if key, err := base64.StdEncoding.DecodeString(s + "="); err != nil || len(key) != 32 {
			return errors.New("must be the 43 letters and digits that the platform's page shows (EncodingAESKey)")
		}
		return nil
	},
	"workers": func(s string) error {
		if n, err := strconv.Atoi(s); err != nil || n < 1 || n > 64 {
			return errors.New("must be a number from 1 to 64")
		}
		return nil
	},
	"amount": func(s string) error {
		if n, err := strconv.Atoi(s); err != nil || n < 0 {
			return errors.New("must be 0 (never) or a number of yuan above it")
		}
		return nil
	},
	"positive": func(s string) error {
		if d, err := time.ParseDuration(s); err != nil || d <= 0 {
			return errors.New("must be more than 0, such as 10s or 4h")
		}
		return nil
	},
	"retention": func(s string) error {
		if d, err := time.ParseDuration(s); err != nil || d != 0 && d < 30*24*time.Hour {
			return errors.New("must be 720h (30 days) or more, for platforms deliver again, or 0 to delete nothing")
		}
		return nil
	},
	"hour": func(s string) error {
		if _, err := time.Parse("15:04", s); err != nil {
			return errors.New("must be a time of day such as 16:00")
		}
		return nil
	},
	"day": func(s string) error {
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return errors.New("must be a day such as 2026-03-22")
		}
		return nil
	},
	"count": func(s string) error {
		if n, err := strconv.Atoi(s); err != nil || n < 1 || n > 10_000 {
			return errors.New("must be a number from 1 to 10000")
		}
		return nil
	},
	"days": func(s string) error {
		if n, err := strconv.Atoi(s); err != nil || n < 1 || n > 30 {
			return errors.New("must be a number from 1 to 30")
		}
		return nil
	},
	"safety": func(s string) error {
		if !slices.Contains([]string{"keep", "use"}, s) {
			return errors.New("must be keep or use")
		}
		return nil
	},
	"mode": func(s string) error {
		if !slices.Contains([]string{"callback", "socket"}, s) {
			return errors.New("must be callback or socket")
		}
		return nil
	},
	"file": func(s string) error {
		f, err := os.Stat(s)
		if err == nil && f.IsDir() {
			return fmt.Errorf("%s is a folder", s)
		}
		return err
	},
}

func isPort(s string, least int) error {
	if n, err := strconv.Atoi(s); err != nil || n < least || n > 65535 {
		return fmt.Errorf("the port must be a number from %d to 65535", least)
	}
	return nil
}

func webURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("must be a web address such as https://orders.example.com")
	}
	return u, nil
}

// isAPIURL refuses to send credentials in the clear over a network.
func isAPIURL(s string) error {
	u, err := webURL(s)
	if err != nil {
		return err
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if u.Scheme == "http" && u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback()) {
		return errors.New("must begin with https://, because credentials are sent there; http:// is for this machine's own 127.0.0.1")
	}
	return nil
}

func urlOf(s, scheme, otherwise string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != scheme || u.Host == "" || scheme == "mysql" && strings.Trim(u.Path, "/") == "" {
		return errors.New(otherwise)
	}
	return nil
}

// together checks what concerns several keys.
func (d *decoder) together(c *Config) {
	need := func(path string, set bool) {
		if !set {
			d.wrong(path, "is needed")
		}
	}
	if c.WeCom != nil && c.WeCom.AIBot != nil {
		switch b := c.WeCom.AIBot; b.Mode {
		case "callback":
			need("wecom.ai_bot.token", b.Token.IsSet())
			need("wecom.ai_bot.aes_key", b.AESKey.IsSet())
		case "socket":
			need("wecom.ai_bot.bot_id", b.BotID != "")
			need("wecom.ai_bot.secret", b.Secret.IsSet())
		}
	}
	for i, w := range c.Delivery.Weather {
		if w.Until < w.From {
			d.wrong(fmt.Sprintf("delivery.weather.%d.until", i), "must not be before from")
		}
	}
	names := map[string]bool{}
	for i, r := range c.Robots {
		if names[r.Name] && r.Name != "" {
			d.wrong(fmt.Sprintf("robots.%d.name", i), "another robot is called %s too", r.Name)
		}
		names[r.Name] = true
	}
}
