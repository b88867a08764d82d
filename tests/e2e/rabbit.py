# SPDX-License-Identifier: Apache-2.0
"""RabbitMQ as the broker: MQTT 3.1.1 with TLS and client certificates, one node or a cluster behind a balancer."""

import json
import os
import signal
import socket
import threading

import cabinet

BINARIES = "/usr/lib/rabbitmq/bin"


class Epmd(cabinet.Process):
    """The port mapper of these nodes alone. Erlang would start one by itself, which stays when the nodes have ended."""

    def __init__(self, folder, port):
        super().__init__("epmd", folder)
        self.port = port

    def start(self):
        self.launch(["epmd", "-address", "127.0.0.1", "-port", self.port])


class Node(cabinet.Process):
    def __init__(self, name, folder, environment, mqtt_port):
        super().__init__(name, folder)
        self.environment = environment
        self.mqtt_port = mqtt_port

    def start(self):
        # The script starts Erlang as its child: only the whole group can be killed.
        self.launch([f"{BINARIES}/rabbitmq-server"], env=self.environment, start_new_session=True)

    def kill(self):
        if self.running():
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)

    def listens(self):
        if not self.running():
            raise RuntimeError(f"{self.name} ended by itself, its log is {self.output}: {self.text()[-2000:]}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.mqtt_port)) == 0


class Balancer:
    """Takes each connection to the first node that lives, as the TCP balancer in front of a cluster does."""

    def __init__(self, ports):
        self.ports = ports
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        for port in list(self.ports):
            try:
                node = socket.create_connection(("127.0.0.1", port), 5)
            except OSError:
                continue
            node.settimeout(None)
            for source, target in ((client, node), (node, client)):
                threading.Thread(target=self.pump, args=(source, target), daemon=True).start()
            return
        client.close()

    @staticmethod
    def pump(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


class Rabbit:
    """What a street takes for its broker. Sessions live in quorum queues, so that they outlive their node."""

    def __init__(self, folder, certificates, gateways, count=1):
        self.name = "rabbitmq"
        self.output = folder
        epmd_port = cabinet.free_port()
        self.epmd = Epmd(folder, epmd_port)
        names = ["platform", *gateways]
        home = folder / "rabbit-home"
        home.mkdir()
        cookie = home / ".erlang.cookie"
        cookie.write_text("bornier")
        cookie.chmod(0o400)
        definitions = folder / "rabbit-definitions.json"
        definitions.write_text(json.dumps({
            "rabbit_version": "3.10.8", "vhosts": [{"name": "/"}],
            "users": [{"name": name, "password_hash": "", "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": ""}
                      for name in names],
            "permissions": [{"user": name, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"} for name in names]}))
        plugins = folder / "rabbit-plugins"
        plugins.write_text("[rabbitmq_mqtt].\n")
        node_names = [f"rabbit{number + 1}@localhost" for number in range(count)]
        peers = "".join(f"cluster_formation.classic_config.nodes.{number + 1} = {name}\n"
                        for number, name in enumerate(node_names))
        self.nodes = []
        for number, name in enumerate(node_names):
            own = folder / f"rabbit-{number + 1}"
            own.mkdir()
            mqtt_port = cabinet.free_port()
            configuration = own / "rabbitmq.conf"
            configuration.write_text(
                f"listeners.tcp.1 = 127.0.0.1:{cabinet.free_port()}\n"
                "mqtt.listeners.tcp = none\n"
                f"mqtt.listeners.ssl.1 = 127.0.0.1:{mqtt_port}\n"
                f"ssl_options.cacertfile = {certificates.ca}\n"
                f"ssl_options.certfile = {certificates.certificate('broker')}\n"
                f"ssl_options.keyfile = {certificates.key('broker')}\n"
                "ssl_options.verify = verify_peer\nssl_options.fail_if_no_peer_cert = true\n"
                "ssl_cert_login_from = common_name\nmqtt.ssl_cert_login = true\nmqtt.allow_anonymous = false\n"
                "mqtt.durable_queue_type = quorum\n"
                "disk_free_limit.absolute = 1MB\nlog.console = true\nlog.console.level = warning\nlog.file = false\n"
                "cluster_formation.peer_discovery_backend = classic_config\n" + (peers if count > 1 else "")
                # The others get them by joining.
                + (f"load_definitions = {definitions}\n" if number == 0 else ""))
            environment = {**os.environ, "HOME": str(home), "ERL_EPMD_PORT": str(epmd_port),
                           "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_NODENAME": name,
                           "RABBITMQ_DIST_PORT": str(cabinet.free_port()), "RABBITMQ_MNESIA_BASE": str(own),
                           "RABBITMQ_LOG_BASE": str(own), "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
                           "RABBITMQ_CONFIG_FILE": str(configuration),
                           "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-start_epmd false +S 1:1"}
            self.nodes.append(Node(f"rabbitmq-{number + 1}", folder, environment, mqtt_port))
        self.balancer = Balancer([node.mqtt_port for node in self.nodes])
        self.port = self.balancer.port
        self.url = f"mqtts://127.0.0.1:{self.port}"

    def start(self):
        self.epmd.start()
        for node in self.nodes:
            node.start()
            # The next one joins a cluster that exists: nodes that form one at once may disagree about its vhost.
            cabinet.wait_until(node.listens, 180, f"{node.name} to listen")

    def kill(self):
        for part in (*self.nodes, self.epmd):
            part.kill()
        self.balancer.close()
