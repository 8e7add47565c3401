import type { ConnectTarget } from './connect-target.ts'
import { cppString } from './quoting.ts'

/** Extended passive mode (RFC 2428 §3): its reply holds a port alone, so that it works behind every proxy. */
const functions = `WiFiClient control;

// Sends a command, or nothing for the greeting. Gives the code of the reply, 0 when none comes.
int ask(const String& command, String& reply) {
  if (command.length() > 0) control.print(command + "\\r\\n");
  do {
    reply = control.readStringUntil('\\n');
    if (reply.length() == 0) return 0;
  } while (reply.length() < 4 || !isDigit(reply[0]) || reply[3] != ' ');
  return reply.substring(0, 3).toInt();
}

bool store(const String& name, const String& text) {
  String reply;
  control.Stream::setTimeout(10000);
  if (ask("", reply) != 220) return false;
  if (ask(String("USER ") + ftpUser, reply) != 331) return false;
  if (ask(String("PASS ") + ftpPassword, reply) != 230) return false;
  if (ask("TYPE I", reply) != 200) return false;
  if (ask("EPSV", reply) != 229) return false;
  const int dataPort = reply.substring(reply.indexOf("|||") + 3).toInt();
  WiFiClient data;
  if (!data.connect(ftpHost, dataPort)) return false;
  const bool isOpen = ask("STOR " + name, reply) / 100 == 1;
  const bool isSent = isOpen && data.print(text) == text.length();
  data.flush();
  data.stop();  // The end of this connection is the end of the file.
  return isSent && ask("", reply) == 226;
}

bool upload(const String& name, const String& text) {
  const bool isStored = control.connect(ftpHost, ftpPort) && store(name, text);
  if (control.connected()) control.print("QUIT\\r\\n");
  control.stop();
  return isStored;
}
`

const loop = `void setup() {
  Serial.begin(115200);
  WiFi.begin(wifiName, wifiPassword);
  while (WiFi.status() != WL_CONNECTED) delay(250);
}

void loop() {
  const String name = "reading-" + String(random(1, 2147483647), HEX) + ".txt";
  Serial.println(upload(name, String("millis ") + millis() + "\\n") ? "stored" : "failed");
  delay(60000);
}
`

/** For ESP32 and ESP8266, by plain FTP: what small devices can do. */
export function espSketch({ host, ftpPort, username, password }: ConnectTarget): string {
  return `#if defined(ESP8266)
#include <ESP8266WiFi.h>
#else
#include <WiFi.h>
#endif

const char* wifiName = "WIFI_NAME";
const char* wifiPassword = "WIFI_PASSWORD";
const char* ftpHost = ${cppString(host)};
const int ftpPort = ${ftpPort};
const char* ftpUser = ${cppString(username)};
const char* ftpPassword = ${password === '' ? '"PASSWORD"' : cppString(password)};

${functions}
${loop}`
}
