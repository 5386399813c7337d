#!/bin/bash
#SBATCH --time=10 --ntasks=4
#TEQUIO --time=1h30m --copies=3
./work
