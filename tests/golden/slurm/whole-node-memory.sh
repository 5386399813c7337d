#!/bin/bash
#SBATCH --mem=0 -N 1
./large
