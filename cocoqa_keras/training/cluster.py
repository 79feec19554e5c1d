"""The processes that train together, as the variable `TF_CONFIG` names them."""

import os
import socket
import time
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, NonNegativeInt, ValidationError

from cocoqa_keras.errors import InputError, LostWorkerError

VARIABLE = "TF_CONFIG"
PATIENCE = 600.0  # seconds that processes may start one after the other
ATTEMPT_SECONDS = 2.0
PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class Cluster:
    """Where the processes listen.

    Attributes:
        addresses: HOST:PORT of each by its name, such as `worker 0`.
        own_name: which of them this one is.
    """

    addresses: dict[str, str]
    own_name: str

    @classmethod
    def from_environment(cls) -> "Cluster":
        """The cluster of `TF_CONFIG`.

        Raises:
            InputError: it is not set, or wrong.

        Reference:
            https://www.tensorflow.org/guide/distributed_training#setting_up_the_tf_config_environment_variable
        """
        text = os.environ.get(VARIABLE)
        if not text:
            raise InputError(
                f"{VARIABLE} is not set; it tells each process the addresses of all and which one it is: "
                '{"cluster": {"worker": ["HOST:PORT", "HOST:PORT"]}, "task": {"type": "worker", "index": 0}}'
            )
        try:
            config = _Config.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise InputError(f"{VARIABLE}{field and f', {field}'}: {first['msg']}") from error
        addresses = {
            f"{job} {index}": address
            for job, tasks in config.cluster.items()
            for index, address in enumerate(tasks)
        }
        if len(set(addresses.values())) < len(addresses) or len(config.cluster.get("chief", [])) > 1:
            raise InputError(
                f"{VARIABLE}: each process needs an address of its own, and one at most is chief"
            )
        own_name = f"{config.task.type} {config.task.index}"
        if own_name not in addresses:
            raise InputError(f"{VARIABLE}: the task is {own_name}; the cluster has {', '.join(addresses)}")
        return cls(addresses, own_name)

    def wait_for_all(self, patience: float = PATIENCE) -> None:
        """Waits until every other process is there; TensorFlow would wait for hours, deaf to Ctrl-C.

        Args:
            patience: seconds.

        Raises:
            InputError: the process cannot listen at its own address.
            LostWorkerError: another one cannot be reached.
        """
        end = time.monotonic() + patience
        own_port = _host_and_port(self.addresses[self.own_name])[1]
        try:
            listener = _listen(own_port)
        except OSError as error:
            raise InputError(
                f"{VARIABLE}: {self.own_name} cannot listen on port {own_port}: {error.strerror}; "
                f"give it another one, to all processes"
            ) from error
        with listener:
            for name, address in self.addresses.items():
                while name != self.own_name and not _answers(address):
                    if time.monotonic() > end:
                        raise LostWorkerError(
                            f"no answer from {name} at {address} for {patience:.0f} seconds; see that it runs"
                        )
                    time.sleep(PAUSE_SECONDS)


class _Task(BaseModel):
    type: Literal["chief", "worker"]
    index: NonNegativeInt


def _checked(address: str) -> str:
    host, port = _host_and_port(address)
    host.encode("idna")  # as the name is looked up
    if not 0 < port < 2**16:
        raise ValueError(f"no port {port}")
    return address


_Address = Annotated[str, Field(pattern=r"^.+:\d{1,5}$"), AfterValidator(_checked)]


class _Config(BaseModel):
    cluster: dict[Literal["chief", "worker"], list[_Address]]
    task: _Task


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _listen(port: int) -> socket.socket:
    """A server on all addresses of this machine, of both kinds where it has both."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("", port))


def _answers(address: str) -> bool:
    try:
        socket.create_connection(_host_and_port(address), ATTEMPT_SECONDS).close()
    except OSError:  # a name that is not known yet included
        return False
    return True
