#!/bin/bash
#SBATCH -n 4
#SBATCH --time=1:2:3:4
./work
