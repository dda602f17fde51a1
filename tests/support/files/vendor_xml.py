"""Exports of Philips, CardioSoft, Schiller and Mortara ELI, written for the tests.

A writer takes microvolts ``(12, n_samples)`` as whole numbers, in the order of `LEADS`.
"""

import base64
import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ecgcore.bench.seeds import Files
from ecgcore.leads import LEADS

Microvolts = NDArray[np.int16]


def philips_file(
    microvolts: Microvolts,
    fs_hz: int,
    *,
    code: str = "XLI",
    version: str = "1.04",
    names: Sequence[str] = LEADS,
) -> Files:
    """Write 5 µV per unit; `code` is "XLI", "base64" or "plain"."""
    units = np.rint(microvolts / 5).astype(np.int64)
    data = {
        "XLI": lambda: _lines(b"".join(map(_xli_block, _limb_differences(units)))),
        "base64": lambda: _lines(units.astype("<i2").tobytes()),
        "plain": lambda: " ".join(map(str, units.reshape(-1))),
    }[code]()
    encoding = "Plain" if code == "plain" else "Base64"
    xli = code == "XLI"
    compression = 'compression="XLI"' if xli else 'compression="Uncompressed"'
    if version == "1.03":
        compression = f'compressflag="{xli}" compressmethod="XLI"'
        about, labels = "<leadset>STD-12</leadset><signalresolution>5</signalresolution>", ""
    else:
        about = "<acquisitiontype>10-WIRE</acquisitiontype><resolution>5</resolution>"
        labels = (
            f'numberofleads="{len(names)}" leadlabels="{" ".join(names)}" resolution="5" '
            f'samplespersecond="{fs_hz}" signaloffset="0" signalsigned="True" bitspersample="16" '
        )
    text = (
        '<?xml version="1.0" encoding="utf-16"?><restingecgdata '
        'xmlns="http://www3.medical.philips.com"><documentinfo><documentname>Doe.xml</documentname>'
        f"<documenttype>PhilipsECG</documenttype><documentversion>{version}</documentversion>"
        "</documentinfo><dataacquisition><signalcharacteristics>"
        f"<samplingrate>{fs_hz}</samplingrate>{about}<signaloffset>0</signaloffset>"
        f"<numberchannelsvalid>{len(names)}</numberchannelsvalid></signalcharacteristics>"
        "</dataacquisition><patient><lastname>Doe</lastname></patient><internalmeasurements>"
        '<leadmeasurements><leadmeasurement leadname="V2"><leadqualitystates><inops/>'
        "</leadqualitystates></leadmeasurement></leadmeasurements></internalmeasurements>"
        f'<waveforms><parsedwaveforms dataencoding="{encoding}" {compression} {labels}'
        f'durationperchannel="{1000 * units.shape[1] / fs_hz:g}">{data}</parsedwaveforms>'
        '<repbeats dataencoding="Base64" samplespersec="1000" resolution="1.0"><repbeat '
        'leadname="I"><waveform duration="2">AAAAAA==</waveform></repbeat></repbeats>'
        "</waveforms></restingecgdata>"
    )
    return [("philips.xml", text.encode("utf-16"))]


def _lines(data: bytes) -> str:
    return base64.encodebytes(data).decode()


def _limb_differences(units: NDArray[np.int64]) -> NDArray[np.int64]:
    one, two, three, right, left, foot = units[:6]
    limbs = [
        one, two, two - one - three,
        -right - np.floor((one + two) / 2),
        np.floor((one - three) / 2) - left,
        np.floor((two + three) / 2) - foot,
    ]  # fmt: skip
    return np.stack([*limbs, *units[6:]]).astype(np.int64)


def _xli_block(samples: NDArray[np.int64]) -> bytes:
    bends = [int(2 * b - a - c) for a, b, c in zip(samples, samples[1:], samples[2:], strict=False)]
    codes = np.array([*samples[:2], *(bend + 64 for bend in bends[1:]), 64], dtype=">i2")
    pairs = codes.view(np.uint8).reshape(-1, 2)
    packed = _lzw(pairs[:, 0].tobytes() + pairs[:, 1].tobytes())
    return struct.pack("<Ihh", len(packed), 1, bends[0]) + packed


def _lzw(data: bytes) -> bytes:
    """Pack with codes of 10 bits, 1022 strings at most, and the end mark 1023."""
    table = {bytes([k]): k for k in range(256)}
    codes, word = [], b""
    for k in range(len(data)):
        longer = word + data[k : k + 1]
        if longer in table:
            word = longer
            continue
        codes.append(table[word])
        if len(table) <= 1022:
            table[longer] = len(table)
        word = data[k : k + 1]
    bits = "".join(f"{code:010b}" for code in [*codes, table[word], 1023])
    bits = bits.ljust((len(bits) + 7) // 8 * 8, "0")
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def cardiosoft_file(microvolts: Microvolts, fs_hz: int, names: Sequence[str] = LEADS) -> Files:
    """Write 5 µV per unit, with a median beat that is not to be read."""
    units = np.rint(microvolts / 5).astype(int)
    median = _cardiosoft_part("MedianSamples", units[:, :fs_hz] // 2, fs_hz, names)
    text = (
        '<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE CardiologyXML><CardiologyXML>'
        "<ObservationType>RestECG</ObservationType><PatientInfo><Name><FamilyName>Doe</FamilyName>"
        f"</Name></PatientInfo><RestingECGMeasurements>{median}</RestingECGMeasurements>"
        f"{_cardiosoft_part('StripData', units, fs_hz, names)}</CardiologyXML>"
    )
    return [("cardiosoft.xml", text.encode("latin-1"))]


def _cardiosoft_part(tag: str, units: NDArray[np.int64], fs_hz: int, names: Sequence[str]) -> str:
    leads = "".join(
        f'<WaveformData lead="{name}">\n\t\t{_commas(row)}</WaveformData>'
        for name, row in zip(names, units, strict=True)
    )
    return (
        f'<{tag}><NumberOfLeads>{len(names)}</NumberOfLeads><SampleRate units="Hz">{fs_hz}'
        f"</SampleRate><ChannelSampleCountTotal>{units.shape[1]}</ChannelSampleCountTotal>"
        f'<Resolution units="uVperLsb">5</Resolution>{leads}</{tag}>'
    )


def _commas(row: NDArray[np.int64]) -> str:
    lines = [",".join(map(str, row[k : k + 20])) for k in range(0, len(row), 20)]
    return ",\n\t\t".join(lines)


def schiller_file(microvolts: Microvolts, fs_hz: int, names: Sequence[str] = LEADS) -> Files:
    """Write 5 µV per unit, with an average beat that is not to be read."""
    units = np.rint(microvolts / 5).astype(int)
    waves = "".join(
        f"<wavedata><type>{kind}</type><resolution><samplerate><exponent>1</exponent><value>{fs_hz}"
        "</value></samplerate><yres><unitperbit>5</unitperbit><units>UV</units></yres></resolution>"
        "<channelconfiguration>STANDARD</channelconfiguration>"
        f"{_schiller_channels(part, names)}</wavedata>"
        for kind, part in (("ECG_AVERAGES", units[:, :fs_hz] // 2), ("ECG_RHYTHMS", units))
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><com.xiriuz.sema.xml.schillerEDI.SchillerEDI>'
        "<patdata><lastname>Doe</lastname></patdata><examdescript/><eventdata><event>"
        f"<offset>0</offset>{waves}</event></eventdata></com.xiriuz.sema.xml.schillerEDI.SchillerEDI>"
    )
    return [("schiller.xml", text.encode())]


def _schiller_channels(units: NDArray[np.int64], names: Sequence[str]) -> str:
    return "".join(
        f"<channel><name>{name}</name><samplecount>{len(row)}</samplecount><datastype>COMMASEPARATE"
        f"</datastype><data>{','.join(map(str, row))},</data></channel>"
        for name, row in zip(names, units, strict=True)
    )


def mortara_file(microvolts: Microvolts, fs_hz: int, names: Sequence[str] = LEADS) -> Files:
    """Write 200 units per mV, with a typical beat that is not to be read."""
    units = np.rint(microvolts / 5).astype("<i2")
    common = f'BITS="16" FORMAT="SIGNED" UNITS_PER_MV="200" SAMPLE_FREQ="{fs_hz}" ENCODING="BASE64"'
    beats = "".join(
        f'<TYPICAL_CYCLE_CHANNEL NAME="{name}" DATA="{_base64(row[:fs_hz] // 2)}"/>'
        for name, row in zip(names, units, strict=True)
    )
    channels = "".join(
        f'<CHANNEL OFFSET="0" {common} DURATION="{len(row)}" NAME="{name}" DATA="{_base64(row)}"/>'
        for name, row in zip(names, units, strict=True)
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><ECG ACQUISITION_TIME="20200101000000" '
        'VENT_RATE="75" AVERAGE_RR="800"><SUBJECT LAST_NAME="Doe" FIRST_NAME="Jane" '
        'ID="4711" GENDER="Female"/>'
        f'<TYPICAL_CYCLE {common} DURATION="{fs_hz}">{beats}</TYPICAL_CYCLE>{channels}</ECG>'
    )
    return [("eli.xml", text.encode())]


def _base64(row: NDArray[np.int16]) -> str:
    return base64.b64encode(row.astype("<i2").tobytes()).decode()
