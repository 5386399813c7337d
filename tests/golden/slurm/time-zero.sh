#!/bin/bash
#SBATCH --time=0
./as-long-as-it-takes
