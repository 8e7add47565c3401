// As much of the Arduino core as the sketch of the connect panel needs, over the sockets of this machine.
#pragma once
#include <arpa/inet.h>
#include <cctype>
#include <iostream>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#define HEX 16
#define WL_CONNECTED 3
#define isDigit(c) std::isdigit(static_cast<unsigned char>(c))

class String : public std::string {
 public:
  String(const char* text = "") : std::string(text) {}
  String(const std::string& text) : std::string(text) {}
  String(long value, int = 10) : std::string(std::to_string(value)) {}
  String substring(size_t from, size_t to = npos) const { return substr(from, to - from); }
  int indexOf(const char* text) const { return static_cast<int>(find(text)); }
  long toInt() const { return std::strtol(c_str(), nullptr, 10); }
};
inline String operator+(const String& a, const String& b) {
  return String(static_cast<const std::string&>(a) + static_cast<const std::string&>(b));
}
inline String operator+(const String& a, const char* b) { return a + String(b); }
inline String operator+(const char* a, const String& b) { return String(a) + b; }
inline String operator+(const String& a, unsigned long b) { return a + String(std::to_string(b)); }

class Stream {
 public:
  void setTimeout(unsigned long ms) { timeoutMs = ms; }

 protected:
  unsigned long timeoutMs = 1000;
};

class WiFiClient : public Stream {
 public:
  int connect(const char* host, int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    inet_pton(AF_INET, host, &address.sin_addr);
    handle = socket(AF_INET, SOCK_STREAM, 0);
    if (::connect(handle, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return 1;
    stop();
    return 0;
  }
  size_t print(const String& text) {
    const ssize_t sent = send(handle, text.data(), text.size(), MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<size_t>(sent);
  }
  String readStringUntil(char end) {
    timeval limit{static_cast<time_t>(timeoutMs / 1000), 0};
    setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    String line;
    for (char one = 0; recv(handle, &one, 1, 0) == 1 && one != end;) line.push_back(one);
    return line;
  }
  bool connected() const { return handle >= 0; }
  void flush() {}
  void stop() {
    if (handle >= 0) close(handle);
    handle = -1;
  }

 private:
  int handle = -1;
};

inline struct {
  void begin(const char*, const char*) {}
  int status() { return WL_CONNECTED; }
} WiFi;

inline struct {
  void begin(long) {}
  void println(const char* text) { std::cout << text << std::endl; }
} Serial;

inline long random(long low, long) { return low; }
inline unsigned long millis() { return 1; }
inline void delay(unsigned long) {}
