"""The command line of ci/nightly."""

import os
import pathlib

import command_line
import fuzz_targets
from night import plan

EPILOG = """The report is in the folder of --out, beside the corpora and the findings, which the next night goes on with.
Exit status: 0 nothing found, 1 a finding or a stage that went wrong, 2 bad usage, 3 the machine lacks something."""


def names(text):
    return tuple(name for name in text.split(",") if name)


def parsed(arguments):
    parser = command_line.Parser(prog="ci/nightly", description="Hammers the allocator in every way there is, for a given time, and writes "
                                 "one report. It can be stopped at any time.", epilog=EPILOG)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--hours", type=command_line.whole_number(1), metavar="N", help="how long in all (default: 8)")
    length.add_argument("--seconds", type=command_line.whole_number(1), metavar="N", help="the same in seconds")
    parser.add_argument("--only", type=names, default=(), metavar="STAGE,...", help="these stages, what they need, and grouping")
    parser.add_argument("--skip", type=names, default=(), metavar="STAGE,...", help="all but these stages")
    parser.add_argument("--targets", type=names, default=(), metavar="T,...", help="these fuzz targets (default: all)")
    parser.add_argument("--seed", type=command_line.whole_number(1), metavar="N", help="where random numbers start (default: a new one)")
    parser.add_argument("--out", type=pathlib.Path, default=fuzz_targets.ROOT / "out" / "night", metavar="DIR", help="default: out/night")
    parser.add_argument("--workers", type=command_line.whole_number(1), default=os.cpu_count() or 1, metavar="N", help="default: all cores")
    parser.add_argument("--resume", action="store_true", help="go on with a night that was killed or stopped, with its options")
    parser.add_argument("--plan", type=pathlib.Path, metavar="FILE", help="another plan: JSON, see docs/night.md")
    parser.add_argument("--print-plan", action="store_true", help="print how the time would be divided, and end")
    parser.add_argument("--least-free", type=command_line.whole_number(1), default=64, metavar="MIB",
                        help="end the night when less is free on the disk of DIR (default: 64)")
    options = parser.parse_args(arguments)
    options.total = options.seconds or (options.hours or 8) * 3600
    options.out = options.out.absolute()
    try:
        table = plan.from_file(options.plan) if options.plan else plan.PLAN
    except ValueError as error:
        parser.error(str(error))
    known = [stage.name for stage in table]
    for word in (*options.only, *options.skip):
        if word not in known:
            parser.error(f"no stage '{word}'; there are: {' '.join(known)}")
    targets = fuzz_targets.names()
    for word in options.targets:
        if word not in targets:
            parser.error(f"no target '{word}'; there are: {' '.join(targets)}")
    options.targets = options.targets or tuple(targets)
    options.full_table = table
    options.table = selected(table, options.only, options.skip)
    return options


def selected(table, only, skip):
    """The stages that run. Grouping is part of every night, so that what is found is told as one thing."""
    if only:
        needed = {stage.needs for stage in table if stage.name in only}
        only = {*only, *needed, *(stage.name for stage in table if stage.kind == "group")}
    return tuple(stage for stage in table if (not only or stage.name in only) and stage.name not in skip)
