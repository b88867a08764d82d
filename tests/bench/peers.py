# SPDX-License-Identifier: Apache-2.0
"""What people use today for the gateway's job, as script/bench --peers runs it: collectd and Node-RED, each set up to read the
same registers of the same meters at the same rate and to publish every value with QoS 1. Neither keeps anything on disk."""

import json
import pathlib
import shutil
import subprocess
import time

from runs import Process, Run, VALUES, WARM_UP, cpu_seconds, memory, wait_until

NODE_RED = pathlib.Path(__file__).resolve().parent / "node_red"


class PeerRun(Run):
    """Readings are counted where they arrive: by a subscriber at the broker, one line a message."""

    readings_a_message = 1

    def observe(self):
        subscriber = Process("subscriber", self.folder)
        self.parts.append(subscriber)
        subscriber.launch(["mosquitto_sub", "-p", self.bench.broker.port, "-q", "1", "-t", f"{self.name}/#", "-F", "%l"])
        peer = Process(self.name, self.folder)
        self.parts.append(peer)
        peer.launch(self.command())
        wait_until(lambda: subscriber.text() or not peer.running(), 60, f"{self.name} to publish its first value")
        time.sleep(WARM_UP)
        messages, cpu = -subscriber.text().count("\n"), -cpu_seconds(peer.process)
        time.sleep(self.seconds)
        messages, cpu = messages + subscriber.text().count("\n"), cpu + cpu_seconds(peer.process)
        return self.result(cpu, messages * self.readings_a_message, memory(peer.process))


class CollectdRun(PeerRun):
    name = "collectd"

    def command(self):
        """It asks for each value by itself: its configuration has no block of registers."""
        values = "".join(f'<Data "value-{index}">\nRegisterBase {2 * index}\nRegisterType Float\nRegisterCmd ReadInput\n'
                         f'Type gauge\nInstance "value-{index}"\n</Data>\n' for index in range(VALUES))
        collect = "".join(f'Collect "value-{index}"\n' for index in range(VALUES))
        hosts = "".join(f'<Host "meter-{number}">\nAddress "127.0.0.1"\nPort "{port}"\nInterval {self.period / 1000}\n'
                        f'<Slave 1>\nInstance "modbus"\n{collect}</Slave>\n</Host>\n'
                        for number, port in enumerate(self.meters.ports()))
        configuration = self.folder / "collectd.conf"
        configuration.write_text(
            f'BaseDir "{self.folder}"\nPIDFile "{self.folder}/pid"\nPluginDir "/usr/lib/collectd"\n'
            f'TypesDB "/usr/share/collectd/types.db"\nHostname "bench"\nFQDNLookup false\nInterval {self.period / 1000}\n'
            f'ReadThreads 16\nLoadPlugin modbus\nLoadPlugin mqtt\n<Plugin modbus>\n{values}{hosts}</Plugin>\n'
            f'<Plugin mqtt>\n<Publish "bench">\nHost "127.0.0.1"\nPort {self.bench.broker.port}\nClientId "collectd"\n'
            f'QoS 1\nPrefix "{self.name}"\n</Publish>\n</Plugin>\n')
        return [shutil.which("collectd", path="/usr/sbin:/usr/bin"), "-f", "-C", configuration]


class NodeRedRun(PeerRun):
    """One flow: each meter read as one block, its values decoded by a function, one JSON message a meter and poll."""

    name = "node-red"
    readings_a_message = VALUES

    def command(self):
        packages = self.bench.folder.parent / "node_red"
        wanted, installed = (NODE_RED / "package.json").read_text(), packages / "installed"
        if not installed.exists() or installed.read_text() != wanted:
            packages.mkdir(exist_ok=True)
            (packages / "package.json").write_text(wanted)
            subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], check=True,
                           cwd=packages, timeout=600, stdout=subprocess.DEVNULL)
            installed.write_text(wanted)
        shutil.copy(NODE_RED / "settings.js", self.folder)
        (self.folder / "flows.json").write_text(json.dumps(self.flow()))
        return ["node", packages / "node_modules/node-red/red.js", "--userDir", self.folder]

    def flow(self):
        decode = (f"const bytes = msg.responseBuffer.buffer, values = [];\nfor (let index = 0; index < {VALUES}; ++index)\n"
                  "  values.push(Number(bytes.readFloatBE(4 * index).toFixed(2)));\n"
                  "return { topic: msg.topic, payload: JSON.stringify({ time: Date.now(), values }) };")
        nodes = [{"id": "flow", "type": "tab", "label": "bench"},
                 {"id": "broker", "type": "mqtt-broker", "broker": "127.0.0.1", "port": str(self.bench.broker.port),
                  "clientid": "node-red", "autoConnect": True, "usetls": False, "protocolVersion": "4", "keepalive": "60",
                  "cleansession": True},
                 {"id": "decode", "type": "function", "z": "flow", "func": decode, "outputs": 1, "wires": [["publish"]]},
                 {"id": "publish", "type": "mqtt out", "z": "flow", "topic": "", "qos": "1", "retain": "false",
                  "broker": "broker", "wires": []}]
        for number, port in enumerate(self.meters.ports()):
            nodes.append({"id": f"line-{number}", "type": "modbus-client", "clienttype": "tcp", "bufferCommands": True,
                          "tcpHost": "127.0.0.1", "tcpPort": str(port), "tcpType": "DEFAULT", "unit_id": "1",
                          "commandDelay": "1", "clientTimeout": "1000", "reconnectOnTimeout": True,
                          "reconnectTimeout": "2000", "parallelUnitIdsAllowed": True})
            nodes.append({"id": f"meter-{number}", "type": "modbus-read", "z": "flow", "name": "",
                          "topic": f"{self.name}/m{number}", "unitid": "1", "dataType": "InputRegister", "adr": "0",
                          "quantity": str(2 * VALUES), "rate": str(self.period), "rateUnit": "ms",
                          "server": f"line-{number}", "wires": [["decode"], []]})
        return nodes


KINDS = (CollectdRun, NodeRedRun)
